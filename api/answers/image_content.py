"""Sends pictures: whole or in part, one chunk in memory at a time."""

import unicodedata
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Response
from litestar.response import Stream
from werkzeug.http import dump_options_header

from api.http.errors import problem_response, status_of
from api.http.request_headers import requested_range
from api.images.variants import STRIPPED, Variants, version_of
from domain.blobs import Blob
from domain.errors.requests import RangeNotSatisfiable
from domain.images.formats import ImageFormat
from domain.records import GpsPolicy, Image
from storage.blobs.intake import CHUNK_BYTES
from storage.blobs.reads import FileId, stream_file
from storage.stores import Stores

ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp"}


class Content(msgspec.Struct, frozen=True):
    """A picture that can be sent.

    Attributes:
        bucket: GridFS bucket that holds it.
        file_id: GridFS ID.
        size_bytes: Its size.
        chunk_bytes: Size of its GridFS chunks.
        etag: The same for the same bytes, without quotes.
        headers: What every answer carries.
    """

    bucket: str
    file_id: FileId
    size_bytes: int
    chunk_bytes: int
    etag: str
    headers: dict[str, str]


async def find_content(variants: Variants, image: Image, blob: Blob, variant: str) -> Content:
    """Find a picture, or have it made.

    Raises:
        ServiceError: It cannot be made, or not yet.
    """
    if variant == "original" and image.gps is GpsPolicy.KEEP:
        etag = blob.sha256
        headers = _headers(etag, ImageFormat(image.format).media_type, image.filename)
        return Content("blobs", blob.file_id, blob.size_bytes, blob.chunk_bytes, etag, headers)
    name = image.filename
    if variant == "original":
        variant = STRIPPED
    stored = await variants.get(image, blob, variant)
    etag = f"{blob.sha256}-{variant}-v{version_of(variant)}"
    if variant != STRIPPED:
        ending = ENDINGS.get(stored.media_type, "")
        name = f"{PurePath(image.filename).stem}-{variant}{ending}"
    headers = _headers(etag, stored.media_type, name)
    return Content("variants", stored.file_id, stored.size_bytes, CHUNK_BYTES, etag, headers)


def content_response(
    stores: Stores, content: Content, byte_range: str | None
) -> Stream | Response[Any]:
    """Send a picture, or the part of it that was asked for; 416 where that lies past its end."""
    try:
        part = requested_range(byte_range, content.size_bytes)
    except RangeNotSatisfiable as error:
        size = {"Content-Range": f"bytes */{content.size_bytes}"}
        return problem_response(status_of(error), error.code, error.title, error.detail, size)
    start, stop = part or (0, content.size_bytes)
    headers = content.headers | {"Content-Length": str(stop - start)}
    if part:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{content.size_bytes}"
    chunks = stores.database[f"{content.bucket}.chunks"]
    return Stream(
        stream_file(chunks, content.file_id, start, stop, content.chunk_bytes),
        status_code=206 if part else 200,
        headers=headers,
        media_type=headers["Content-Type"],
    )


def _headers(etag: str, media_type: str, filename: str) -> dict[str, str]:
    return {
        "ETag": f'"{etag}"',
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=0, must-revalidate",
        "Content-Type": media_type,
        "Content-Disposition": _disposition(filename),
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }


def _disposition(filename: str) -> str:
    """Name a file in ASCII, and in full where that is not all (RFC 6266, appendix D)."""
    names = {"filename": filename}
    if not filename.isascii():
        plain = unicodedata.normalize("NFKD", filename).encode("ascii", "ignore").decode()
        names = {"filename": plain, "filename*": f"UTF-8''{quote(filename, safe='')}"}
    return dump_options_header("inline", names)
