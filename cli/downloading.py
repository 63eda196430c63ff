"""Saves pictures to a folder, and goes on where an earlier run ended."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from cli.interruption import set_hint
from cli.paging import PAGE_ITEMS
from cli.searching import search
from cli.session import Session

if TYPE_CHECKING:
    import httpx

    from minilab_client.models import Image, ListedImage

_ORIGINAL = "original"
_ID_CHARS = 12
_HINT = "What is saved stays: the same command goes on from here."


class Saved(NamedTuple):
    """What became of a picture: `saved`, `kept` since the folder has it, or `failed`."""

    image_id: str
    path: str | None
    outcome: str
    error: str | None


def choose(
    session: Session, image_ids: Sequence[str], chosen: Mapping[str, Any]
) -> Sequence[Image | ListedImage]:
    """Find the named images, or those that filters choose."""
    from cli.images import get_image_of

    if image_ids:
        return [get_image_of(session, image_id, chosen.get("user_id")) for image_id in image_ids]
    return list(search(session, chosen)(limit=PAGE_ITEMS))


def save(
    session: Session,
    images: Sequence[Image | ListedImage],
    folder: Path,
    variant: Any,
    user_id: str | None,
) -> list[Saved]:
    """Save the pictures of images, one after another, with a progress bar."""
    folder.mkdir(parents=True, exist_ok=True)
    set_hint(_HINT)
    saver = _Saver(session, folder, variant.value, user_id)
    with Progress(
        TextColumn("{task.description} {task.fields[files]}/{task.fields[of]}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=session.progress,
    ) as bars:
        total = sum(image.bytes_ for image in images) if variant.value == _ORIGINAL else None
        bar = bars.add_task("Saving", total=total, files=0, of=len(images))
        saved = []
        for image in images:
            for read in saver.save(image):
                bars.advance(bar, read)
            saved.append(saver.saved[-1])
            bars.update(bar, files=len(saved))
        if total is None:
            bars.update(bar, total=bars.tasks[bar].completed)
    set_hint("")
    return saved


def stream(session: Session, image_id: str, variant: Any, user_id: str | None) -> Iterator[bytes]:
    """Read the bytes of a picture as they arrive."""
    with _request(session, "GET", image_id, variant.value, user_id, {}) as response:
        yield from response.iter_bytes()


class _Saver:
    """Saves pictures under names of their own."""

    def __init__(self, session: Session, folder: Path, variant: str, user_id: str | None) -> None:
        self.saved: list[Saved] = []
        self._session = session
        self._folder = folder
        self._variant = variant
        self._user_id = user_id
        self._taken: set[Path] = set()

    def save(self, image: Image | ListedImage) -> Iterator[int]:
        """Save a picture, and yield the number of bytes of each part that was read."""
        from minilab_client import ApiError

        try:
            yield from self._save(image)
        except (ApiError, OSError) as error:
            self.saved.append(Saved(image.id, None, "failed", str(error)))

    def _save(self, image: Image | ListedImage) -> Iterator[int]:
        names = _Names(self._folder, image, self._variant)
        if found := self._find(image, names):
            self._add(image.id, found, "kept")
            yield image.bytes_
            return
        begun = names.part.stat().st_size if names.part.exists() and names.is_original else 0
        begun = begun if begun < image.bytes_ else 0
        headers = {"Range": f"bytes={begun}-"} if begun else {}
        with self._request("GET", image.id, headers) as response:
            path = names.free(self._taken, response.headers.get("Content-Type", ""))
            yield begun
            with names.part.open("ab" if begun else "wb") as file:
                for chunk in response.iter_bytes():
                    file.write(chunk)
                    yield len(chunk)
        names.part.replace(path)
        self._add(image.id, path, "saved")

    def _find(self, image: Image | ListedImage, names: _Names) -> Path | None:
        """Find the picture in the folder."""
        if not names.is_original:
            return names.find_variant()
        known = names.hash_files(self._taken)
        if not known:
            return None
        # The ETag of an original is the hash of its bytes.
        with self._request("HEAD", image.id, {}) as response:
            return known.get(response.headers.get("ETag", "").strip('"'))

    def _request(
        self, method: str, image_id: str, headers: Mapping[str, str]
    ) -> AbstractContextManager[httpx.Response]:
        return _request(self._session, method, image_id, self._variant, self._user_id, headers)

    def _add(self, image_id: str, path: Path, outcome: str) -> None:
        self._taken.add(path)
        self.saved.append(Saved(image_id, str(path), outcome, None))


class _Names:
    """The names that a picture may have in a folder: its own, and one with a part of its ID."""

    def __init__(self, folder: Path, image: Image | ListedImage, variant: str) -> None:
        self.is_original = variant == _ORIGINAL
        self.part = folder / f".{image.id}-{variant}.part"
        name = Path(image.filename.replace("\\", "/")).name.lstrip(".") or image.id
        plain = folder / name
        kind = "" if self.is_original else f"-{variant}"
        unique = plain.with_name(f"{plain.stem}-{image.id[-_ID_CHARS:]}{kind}{plain.suffix}")
        self._paths = [plain, unique] if self.is_original else [unique]

    def find_variant(self) -> Path | None:
        """Find the variant of this image: it is made from bytes that never change."""
        path = self._paths[0]
        return next(path.parent.glob(f"{escape(path.stem)}.*"), None)

    def hash_files(self, taken: set[Path]) -> dict[str, Path]:
        """Hash the files of these names, whose hashes are the ETags of originals."""
        found = {}
        for path in self._paths:
            if path.is_file() and path not in taken:
                with path.open("rb") as file:
                    found[hashlib.file_digest(file, "sha256").hexdigest()] = path
        return found

    def free(self, taken: set[Path], media_type: str) -> Path:
        """Choose a name that no other file has.

        Raises:
            FileExistsError: All names are in use.
        """
        if not self.is_original:
            return self._paths[0].with_suffix(mimetypes.guess_extension(media_type) or "")
        for path in self._paths:
            if not path.exists() and path not in taken:
                return path
        raise FileExistsError(f"{self._paths[-1]} exists, and is not this picture")


def _request(
    session: Session,
    method: str,
    image_id: str,
    variant: str,
    user_id: str | None,
    headers: Mapping[str, str],
) -> AbstractContextManager[httpx.Response]:
    params = {"variant": variant} | ({"user_id": user_id} if user_id else {})
    return session.patient.client.get_httpx_client().stream(
        method,
        f"/v1/images/{quote(image_id, safe='')}/content",
        params=params,
        # Positions count the bytes of the picture, not those of a compressed answer.
        headers={"Accept-Encoding": "identity"} | dict(headers),
    )
