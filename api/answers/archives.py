"""Sends archives: in their tenant's turn, and never a short one that looks whole."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Annotated, Any, cast
from urllib.parse import urlencode

import structlog
from litestar.datastructures import ResponseHeader
from litestar.params import QueryParameter
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from api.answers.image_content import Download
from api.http.parameters import example
from api.images.archives import ReadArchives
from api.images.write_archive import Archive
from api.server.protocol import ABORT
from api.state import ApiRequest
from domain.errors.base import ServiceError
from storage.errors import STORE_FAILED

ZIP = "application/zip"
INTERRUPTIONS: tuple[type[Exception], ...] = (ServiceError, *STORE_FAILED)
ARCHIVE_HEADERS = [
    ResponseHeader(name=name, value="", documentation_only=True, description=description)
    for name, description in (
        ("Content-Disposition", "The name of the archive."),
        ("Link", 'The next archive, as `<…>; rel="next"`; absent on the last one.'),
    )
]
ArchiveLimit = Annotated[
    int | None,
    QueryParameter(
        name="limit",
        required=False,
        ge=1,
        le=100_000,
        description="Maximum number of images, 1,000 unless the service is configured otherwise. "
        "Without it, all images: if they are too many for one archive, the response is a 422.",
        examples=example(500),
    ),
]

_log = structlog.get_logger(__name__)


class ArchiveDownload(Download):
    """An archive, which is written while it is sent.

    If it cannot be finished, the connection is ended before the end of the answer, so that no
    client takes it for whole.
    """

    def __init__(self, request: ApiRequest, archives: ReadArchives, archive: Archive) -> None:
        self._abort: Callable[[], None] | None = None
        headers = {"Content-Disposition": f'attachment; filename="{archive.filename}"'}
        if archive.next_cursor:
            headers["Link"] = f'<{_next_page(request, archive.next_cursor)}>; rel="next"'
        pieces = self._write(archives, archive)
        super().__init__(archives.turns, pieces, headers=headers, media_type=ZIP)

    def to_asgi_response(self, *args: Any, **options: Any) -> ASGIResponse:
        """Learn how to end the connection of the request."""
        send_in_turn = super().to_asgi_response(*args, **options)

        async def send_whole(scope: Scope, receive: Receive, send: Send) -> None:
            self._abort = cast("dict[str, Any]", scope).get("extensions", {}).get(ABORT)
            await send_in_turn(scope, receive, send)

        return cast("ASGIResponse", send_whole)

    async def _write(self, archives: ReadArchives, archive: Archive) -> AsyncIterator[bytes]:
        try:
            async with aclosing(archives.writer.write(archive)) as pieces:
                async for piece in pieces:
                    if piece:
                        yield piece
        except INTERRUPTIONS as error:
            _log.warning("archive_interrupted", reason=type(error).__name__)
            if self._abort is None:
                raise
            self._abort()


def _next_page(request: ApiRequest, cursor: str) -> str:
    """Give the path of the archive that follows, with the other parameters of the request."""
    others = [pair for pair in request.query_params.multi_items() if pair[0] != "cursor"]
    return f"{request.scope['path']}?{urlencode([*others, ('cursor', cursor)])}"
