"""Problem documents of the server itself, for errors that no handler sees."""

import msgspec
import structlog
from litestar.types import Send

from api.http.errors import PROBLEM_JSON, TYPE_PREFIX, Problem, jittered, spread, status_of
from api.http.request_log import REQUEST_ID, identify
from domain.errors.base import ServiceError
from domain.errors.capacity import OverLimit
from telemetry.logs import request_id

Headers = list[tuple[bytes, bytes]]
UNAVAILABLE = 503

_log = structlog.get_logger(__name__)


def write_unread(error: ServiceError, known: Headers) -> tuple[int, Headers, bytes]:
    """Give the answer to a request that no handler sees, and log it.

    Args:
        known: What was read of the headers of the request.
    """
    _, request = identify(known)
    status, headers, body = write_problem(error, request)
    _log.info("request_refused", request_id=request, status=status, problem=error.code)
    return status, [*headers, (REQUEST_ID, request.encode())], body


def write_problem(error: ServiceError, request: str) -> tuple[int, Headers, bytes]:
    """Give the status, the headers and the body of an answer; it ends its connection.

    Args:
        request: ID of the request.
    """
    status = status_of(error)
    body = msgspec.json.encode(
        Problem(
            TYPE_PREFIX + error.code,
            error.title,
            status,
            error.code,
            error.detail,
            request,
        )
    )
    headers = [
        (b"connection", b"close"),
        (b"content-type", PROBLEM_JSON.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if isinstance(error, OverLimit):
        headers.append((b"retry-after", b"%d" % spread(error.wait_seconds)))
    elif status == UNAVAILABLE:
        headers.append((b"retry-after", b"%d" % jittered(3)))
    return status, headers, body


async def send_problem(error: ServiceError, send: Send) -> None:
    """Answer a request with an error."""
    status, headers, body = write_problem(error, request_id() or "")
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
