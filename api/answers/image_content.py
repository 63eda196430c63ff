"""Sends pictures, whole or in part, one chunk in memory at a time."""

import re
import unicodedata
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any, cast
from urllib.parse import quote

from litestar import Response
from litestar.response import Stream
from litestar.response.base import ASGIResponse
from litestar.status_codes import (
    HTTP_200_OK,
    HTTP_307_TEMPORARY_REDIRECT,
    HTTP_400_BAD_REQUEST,
)
from litestar.types import Receive, Scope, Send
from werkzeug.http import dump_options_header

from api.http.errors import problem_response, status_of
from api.http.headers import conditional, is_known, requested_range
from api.http.leaving import unless_client_leaves
from api.images.read_content import Content
from domain.errors.requests import RangeNotSatisfiable
from storage.blobs.stores.chunks import CHUNK_BYTES
from storage.clock import utc_now
from storage.queue.fair_turns import FairTurns

# Characters that no receiver takes for an escape.
_PLAIN_NAME = re.compile(r"[ !#$&'()+,.;<=>@\[\]^_`{}~\w-]*", re.ASCII)


def send_content(
    content: Content,
    if_none_match: str | None,
    byte_range: str | None,
    if_range: str | None,
    *,
    is_head: bool,
) -> Response[Any]:
    """Send a picture, or the part that a Range header asks for.

    The answer to a HEAD, and to a client that compares our ETag, comes from here: a signed URL is
    for GET alone, and a bucket has other ETags.

    Returns:
        200 with all bytes, 206 with a part, 304 if the client has this version, 416 if the range
        starts past the end, or 307 to a URL of the bucket.
    """
    is_other_version = if_range is not None and if_range.strip() != f'"{content.etag}"'
    if is_other_version or is_known(if_none_match, content.etag):
        byte_range = None
    try:
        part = requested_range(byte_range, content.size_bytes)
    except RangeNotSatisfiable as error:
        size = {"Content-Range": f"bytes */{content.size_bytes}"}
        return problem_response(status_of(error), error.code, error.title, error.detail, size)
    if (
        content.redirect_url is not None
        and not is_head
        and if_range is None
        and not is_known(if_none_match, content.etag)
    ):
        return _redirect(content.redirect_url)
    return conditional(if_none_match, content.etag, _stream(content, part))


def _redirect(url: str) -> Response[Any]:
    """Send a client to a URL that soon is not valid any more; a Range header goes along."""
    headers = {"Location": url, "Cache-Control": "no-store"}
    return Response(b"", status_code=HTTP_307_TEMPORARY_REDIRECT, headers=headers)


def send_signed_content(
    content: Content,
    expires_at: datetime,
    if_none_match: str | None,
    byte_range: str | None,
    if_range: str | None,
    *,
    is_head: bool,
) -> Response[Any]:
    """Send a picture by a signed URL: the client may keep it until the URL expires.

    Its bytes never change, so a cache need not ask for them again. A cache of several clients may
    not keep it: it would hand it out when the image is deleted, or the key revoked.
    """
    response = send_content(content, if_none_match, byte_range, if_range, is_head=is_head)
    status = response.status_code or HTTP_200_OK
    if status < HTTP_400_BAD_REQUEST and status != HTTP_307_TEMPORARY_REDIRECT:
        left_seconds = max(0, int((expires_at - utc_now()).total_seconds()))
        response.headers["Cache-Control"] = f"private, max-age={left_seconds}, immutable"
    return response


class Pieces:
    """The bytes of a picture. The first may be read before the headers are sent."""

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces
        self._first = b""

    async def begin(self) -> None:
        """Read the first bytes: if that fails, there is still an answer to give."""
        self._first = await anext(self._pieces, b"")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give all bytes."""
        if self._first:
            yield self._first
        async for piece in self._pieces:
            yield piece


class Download(Stream):
    """A part of a picture.

    Args:
        downloads: The turns of large parts; None for a small one.
        pieces: Its bytes.
        begins_early: Whether it begins to read before it sends its headers.
    """

    def __init__(
        self,
        downloads: FairTurns | None,
        pieces: AsyncIterator[bytes],
        *,
        begins_early: bool = False,
        **options: Any,
    ) -> None:
        self._pieces = Pieces(pieces)
        super().__init__(self._pieces, **options)
        self._downloads = downloads
        self._begins_early = begins_early

    def to_asgi_response(self, *args: Any, **options: Any) -> ASGIResponse:
        """Hold a place for as long as a large part is sent."""
        answer = super().to_asgi_response(*args, **options)

        async def send_in_turn(scope: Scope, receive: Receive, send: Send) -> None:
            async with AsyncExitStack() as stack:
                if self._downloads is not None:
                    wait = stack.enter_async_context(self._downloads.turn())
                    await unless_client_leaves(receive, wait)
                if self._begins_early:
                    await self._pieces.begin()
                await answer(scope, receive, send)

        return cast("ASGIResponse", send_in_turn)


def _stream(content: Content, part: tuple[int, int] | None) -> Stream:
    start, stop = part or (0, content.size_bytes)
    headers = _headers(content) | {"Content-Length": str(stop - start)}
    if part:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{content.size_bytes}"
    is_large = stop - start > CHUNK_BYTES
    return Download(
        content.downloads if is_large else None,
        content.read(start, stop),
        begins_early=content.is_object,
        status_code=206 if part else 200,
        headers=headers,
        media_type=content.media_type,
    )


def _headers(content: Content) -> dict[str, str]:
    return {
        "Accept-Ranges": "bytes",
        "Content-Type": content.media_type,
        "Content-Disposition": _disposition(content.filename),
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }


def _disposition(filename: str) -> str:
    """Write a file name in ASCII, and in full if it has other characters (RFC 6266, appendix D)."""
    names = {"filename": filename}
    if not _PLAIN_NAME.fullmatch(filename):
        ascii_name = unicodedata.normalize("NFKD", filename).encode("ascii", "replace").decode()
        plain = re.sub(r'[?"\\%]', "_", ascii_name)
        names = {"filename": plain, "filename*": f"UTF-8''{quote(filename, safe='')}"}
    return dump_options_header("inline", names)
