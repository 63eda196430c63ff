"""Writes an archive: pictures of many images in one ZIP file, which is made while it is sent."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from typing import IO

import msgspec

from api.images.read_content import Content, ReadContent
from api.images.zip_writer import ZipWriter
from api.schemas.images import ImageView, view_image
from domain.archive_names import MANIFEST, ArchiveNames
from domain.blobs import Blob
from domain.errors.access import Expired, NotFound, WrongState
from domain.errors.capacity import OverLimit, Overloaded, Unavailable
from domain.errors.files import DecoderDied, DecodeTimedOut, FileRefused
from domain.keys import Scope
from domain.records import Image
from storage.clock import utc_now
from storage.settings import WorkRules

MANIFEST_IN_MEMORY_BYTES = 1024 * 1024
BUSY_TRIES = 5
BUSY_SECONDS = 2.0
# The reasons for which an image has no picture; the others are sent all the same.
NO_PICTURE = (NotFound, Expired, WrongState, FileRefused, DecodeTimedOut, DecoderDied)

_encode = msgspec.json.Encoder().encode


class Archive(msgspec.Struct, frozen=True):
    """The images of an archive.

    Attributes:
        next_cursor: Finds the images after them; None if there are none.
    """

    filename: str
    variant: str
    image_ids: list[str]
    next_cursor: str | None


class _Entry(msgspec.Struct, frozen=True):
    """A file of an archive, in its manifest."""

    file: str
    media_type: str
    bytes: int
    sha256: str
    image: ImageView


class _LeftOut(msgspec.Struct, frozen=True):
    """An image without a file in an archive, in its manifest."""

    image_id: str
    code: str
    detail: str


class _Picture(msgspec.Struct, frozen=True):
    """A picture of which the first chunk is read."""

    image: Image
    blob: Blob
    content: Content
    first: bytes
    chunks: AsyncIterator[bytes]


class _Manifest:
    """What an archive says about its files. The largest part of a long one is on the disk."""

    def __init__(self, entries: IO[bytes]) -> None:
        self.left_out: list[_LeftOut] = []
        self._entries = entries

    def add(self, entry: _Entry) -> None:
        self._entries.write((b",\n" if self._entries.tell() else b"\n") + _encode(entry))

    def write(self, writer: ZipWriter, archive: Archive) -> Iterator[bytes]:
        now = utc_now()
        head = {"created_at": now, "variant": archive.variant, "next_cursor": archive.next_cursor}
        self._entries.seek(0)
        with writer.file(MANIFEST, now, self._entries.seek(0, 2)) as file:
            self._entries.seek(0)
            file.write(_encode(head)[:-1] + b',"images":[')
            while part := self._entries.read(MANIFEST_IN_MEMORY_BYTES // 4):
                file.write(part)
                yield writer.take()
            file.write(b"]," + _encode({"left_out": self.left_out})[1:])


class WriteArchive:
    """Writes archives, with one chunk of one picture in memory at a time."""

    def __init__(self, contents: ReadContent, rules: WorkRules) -> None:
        self._contents = contents
        self._rules = rules

    async def write(self, archive: Archive) -> AsyncGenerator[bytes, None]:
        """Write the files, then the manifest, which lists those that are missing too.

        Each image is read when its turn comes: what was deleted by then is left out.

        Raises:
            Unavailable: A file ends too early. The archive must not be taken for whole.
            ServiceError: A picture cannot be rendered now.
            PyMongoError: MongoDB cannot be reached.
        """
        writer, names = ZipWriter(), ArchiveNames()
        with tempfile.SpooledTemporaryFile(MANIFEST_IN_MEMORY_BYTES) as entries:
            manifest = _Manifest(entries)
            for image_id in archive.image_ids:
                try:
                    picture = await self._find(image_id, archive.variant)
                except NO_PICTURE as error:
                    manifest.left_out.append(_LeftOut(image_id, error.code, error.detail))
                    continue
                name = names.give(picture.content.filename)
                async with aclosing(self._copy(picture, name, writer, manifest)) as pieces:
                    async for piece in pieces:
                        yield piece
            for piece in manifest.write(writer, archive):
                yield piece
        yield writer.close()

    async def _find(self, image_id: str, variant: str) -> _Picture:
        """Read an image and the first chunk of its picture; wait if too many are being rendered."""
        image, blob = await self._contents.read(image_id, Scope())
        for attempt in range(1, BUSY_TRIES + 1):
            try:
                content = await self._contents.open(image, blob, variant)
                break
            except (OverLimit, Overloaded):
                if attempt == BUSY_TRIES:
                    raise
                await asyncio.sleep(BUSY_SECONDS)
        chunks = content.read(0, content.size_bytes)
        first = await anext(chunks, b"")
        if not first:  # Deleted since it was found.
            raise NotFound
        return _Picture(image, blob, content, first, chunks)

    async def _copy(
        self, picture: _Picture, name: str, writer: ZipWriter, manifest: _Manifest
    ) -> AsyncGenerator[bytes, None]:
        content, image = picture.content, picture.image
        size, sha256 = len(picture.first), hashlib.sha256(picture.first)
        with writer.file(name, image.uploaded_at, content.size_bytes) as file:
            file.write(picture.first)
            yield writer.take()
            async for chunk in picture.chunks:
                file.write(chunk)
                sha256.update(chunk)
                size += len(chunk)
                yield writer.take()
            if size != content.size_bytes:
                raise Unavailable("The bytes of an image were deleted while they were sent.")
        view = view_image(image, picture.blob, self._rules)
        manifest.add(_Entry(name, content.media_type, size, sha256.hexdigest(), view))
