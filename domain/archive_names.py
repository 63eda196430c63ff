"""Names of files in an archive: safe on every system, and each once."""

import re
import unicodedata
from pathlib import PurePath

MAX_NAME_BYTES = 200
MANIFEST = "manifest.json"

# What Windows forbids, and what separates folders elsewhere.
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_DEVICES = re.compile(r"(con|prn|aux|nul|(com|lpt)[\d¹²³])(\..*)?", re.IGNORECASE)
_MAX_ENDING_BYTES = 20


class ArchiveNames:
    """Gives each file of one archive a name that no other has, on systems that ignore case too."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self.give(MANIFEST)

    def give(self, filename: str) -> str:
        """Return a safe name: the file name, with `` (2)`` before its ending if it is taken."""
        name = safe_name(filename)
        path = PurePath(name)
        free, key = name, _key(name)
        while _key(free) in self._numbers:
            self._numbers[key] += 1
            free = f"{path.stem} ({self._numbers[key]}){path.suffix}"
        self._numbers[_key(free)] = 1
        return free


def safe_name(filename: str) -> str:
    """Return a file name without folders and device names, of :data:`MAX_NAME_BYTES` at most."""
    name = _UNSAFE.sub("_", filename).strip(" ").rstrip(". ")
    if not name or _DEVICES.fullmatch(name):
        name = f"_{name}"
    path = PurePath(name)
    ending = path.suffix if len(path.suffix.encode()) <= _MAX_ENDING_BYTES else ""
    stem = name.removesuffix(ending).encode()[: MAX_NAME_BYTES - len(ending.encode())]
    return stem.decode(errors="ignore").rstrip(". ") + ending


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
