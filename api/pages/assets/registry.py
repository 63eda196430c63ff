"""Finds the files that pages load, and names each by its content.

A name with the hash of its content never stands for other bytes, so browsers keep it for a year.
"""

import re
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import msgspec

from domain.errors.capacity import Unavailable

PAGES = Path(__file__).parents[1]
LIBRARIES = {
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "swagger-ui.css": "swagger-ui-dist/swagger-ui.css",
    "swagger-ui.js": "swagger-ui-dist/swagger-ui-bundle.js",
    "tus.js": "tus-js-client/dist/tus.min.js",
}
"""Files of the libraries in package.json, by the names that templates use."""
MEDIA_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
HASH_DIGITS = 16
NOT_INSTALLED = (
    "The libraries of the pages are not installed. Install them with `make run`, or with "
    "`npm ci --ignore-scripts` in api/pages, and start the API again."
)
_COMMENT = re.compile(r"^\s*//.*\n", re.MULTILINE)
"""A line of a script that only explains: browsers need not load it."""
_IMPORT = re.compile(r'((?:from|import)\s*)"\./([\w.-]+)"')


class Asset(msgspec.Struct, frozen=True):
    """A file as browsers load it; ``name`` contains the hash of ``content``."""

    name: str
    media_type: str
    content: bytes

    @property
    def url(self) -> str:
        """The path at which it is served."""
        return f"/assets/{self.name}"


class Assets:
    """The files that pages may load. They are read once.

    A file of our own is named by its folder and its name, as in ``admin/live.js``. A script names
    others of its folder as in ``import "./words.js"``; they are served under their hashed names.
    """

    def __init__(self, pages: Path = PAGES) -> None:
        self._pages = pages
        self._read: dict[str, Asset] = {}

    def get(self, name: str) -> Asset:
        """Read a file that a template names.

        Raises:
            Unavailable: It is part of a library that is not installed.
            FileNotFoundError: There is no such file.
        """
        if name not in self._read:
            self._read[name] = self._load(name)
        return self._read[name]

    def find(self, hashed_name: str) -> Asset | None:
        """Find a file by the name that browsers use; None if there is none."""
        return self._by_hashed_name.get(hashed_name)

    @cached_property
    def _by_hashed_name(self) -> dict[str, Asset]:
        own = [
            path.relative_to(self._pages).as_posix()
            for path in self._pages.glob("*/*")
            if path.suffix in MEDIA_TYPES and path.parent.name != "node_modules"
        ]
        libraries = [name for name in LIBRARIES if self._library(name).is_file()]
        return {asset.name: asset for asset in map(self.get, own + libraries)}

    def _load(self, name: str) -> Asset:
        if name in LIBRARIES:
            path = self._library(name)
            if not path.is_file():
                raise Unavailable(NOT_INSTALLED)
            content = path.read_bytes()
        else:
            path = self._pages / name
            content = path.read_bytes()
            if path.suffix == ".js":
                script = _COMMENT.sub("", content.decode())
                content = self._name_imports(path.parent.name, script).encode()
        digest = sha256(content).hexdigest()[:HASH_DIGITS]
        stem, dot, ending = name.replace("/", "-").rpartition(".")
        return Asset(f"{stem}.{digest}{dot}{ending}", MEDIA_TYPES[path.suffix], content)

    def _name_imports(self, folder: str, script: str) -> str:
        def rename(found: re.Match[str]) -> str:
            return f'{found[1]}"./{self.get(f"{folder}/{found[2]}").name}"'

        return _IMPORT.sub(rename, script)

    def _library(self, name: str) -> Path:
        return self._pages / "node_modules" / LIBRARIES[name]


ASSETS = Assets()
