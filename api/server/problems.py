"""Problem documents of the server itself, for errors that no handler sees."""

import msgspec
from litestar.types import Send

from api.http.errors import PROBLEM_JSON, TYPE_PREFIX, Problem, jittered, spread, status_of
from domain.errors.base import ServiceError
from domain.errors.capacity import OverLimit
from telemetry.logs import request_id

Headers = list[tuple[bytes, bytes]]
UNAVAILABLE = 503


def write_problem(error: ServiceError) -> tuple[int, Headers, bytes]:
    """Give the status, the headers and the body of an answer; it ends its connection."""
    status = status_of(error)
    body = msgspec.json.encode(
        Problem(
            TYPE_PREFIX + error.code,
            error.title,
            status,
            error.code,
            error.detail,
            request_id() or "",
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
    status, headers, body = write_problem(error)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
