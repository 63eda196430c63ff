"""Sends pictures, whole or in part, one chunk in memory at a time."""

import unicodedata
from typing import Any
from urllib.parse import quote

from litestar import Response
from litestar.response import Stream
from werkzeug.http import dump_options_header

from api.http.errors import problem_response, status_of
from api.http.headers import conditional, is_known, requested_range
from api.images.read_content import Content
from domain.errors.requests import RangeNotSatisfiable


def send_content(
    content: Content, if_none_match: str | None, byte_range: str | None, if_range: str | None
) -> Response[Any]:
    """Send a picture, or the part that a Range header asks for.

    Returns:
        200 with all bytes, 206 with a part, 304 if the client has this version, or 416 if the
        range starts past the end.
    """
    is_other_version = if_range is not None and if_range.strip() != f'"{content.etag}"'
    if is_other_version or is_known(if_none_match, content.etag):
        byte_range = None
    try:
        part = requested_range(byte_range, content.size_bytes)
    except RangeNotSatisfiable as error:
        size = {"Content-Range": f"bytes */{content.size_bytes}"}
        return problem_response(status_of(error), error.code, error.title, error.detail, size)
    return conditional(if_none_match, content.etag, _stream(content, part))


def _stream(content: Content, part: tuple[int, int] | None) -> Stream:
    start, stop = part or (0, content.size_bytes)
    headers = _headers(content) | {"Content-Length": str(stop - start)}
    if part:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{content.size_bytes}"
    return Stream(
        content.read(start, stop),
        status_code=206 if part else 200,
        headers=headers,
        media_type=content.media_type,
    )


def _headers(content: Content) -> dict[str, str]:
    return {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=0, must-revalidate",
        "Content-Type": content.media_type,
        "Content-Disposition": _disposition(content.filename),
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }


def _disposition(filename: str) -> str:
    """Write a file name in ASCII, and in full if it has other characters (RFC 6266, appendix D)."""
    names = {"filename": filename}
    if not filename.isascii():
        plain = unicodedata.normalize("NFKD", filename).encode("ascii", "ignore").decode()
        names = {"filename": plain, "filename*": f"UTF-8''{quote(filename, safe='')}"}
    return dump_options_header("inline", names)
