"""Documentation of answers: schemas, headers and problem documents."""

from http import HTTPStatus
from typing import Any

from litestar import MediaType
from litestar.datastructures import ResponseHeader
from litestar.openapi import ResponseSpec
from litestar.openapi.spec import Example

from api.http.errors import PROBLEM_JSON, STATUS_OF, TYPE_PREFIX, Problem
from api.schemas.jobs import JobEventView
from domain.errors.capacity import RateLimited

TICKET_HEADERS = [
    ResponseHeader(name=name, value="", documentation_only=True, description=description)
    for name, description in (
        ("Location", "URL of the job."),
        ("Retry-After", "Seconds to wait before the next request."),
    )
]

# The code of the first class with a status. The base class of limits is never raised.
PROBLEM_CODES = {
    **{status.value: kind.code for kind, status in reversed(STATUS_OF.items())},
    HTTPStatus.TOO_MANY_REQUESTS.value: RateLimited.code,
}
EXAMPLE_REQUEST_ID = "4bf92f3577b34da6a3ce929d0e0e4736"


def answer(model: Any, description: str, media_type: str = MediaType.JSON) -> ResponseSpec:
    """Document an answer; its example is a file of ``openapi/examples/``."""
    return ResponseSpec(
        model,
        description=description,
        media_type=media_type,
        # Generated examples are random, and hold structs that JSON cannot represent.
        generate_examples=False,
    )


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """Document problems of a route, and those that nearly every route has: 401, 422, 429, 503."""
    return only_problems(401, 422, 429, 503, *statuses)


def only_problems(*statuses: int) -> dict[int, ResponseSpec]:
    """Document exactly these problems of a route."""
    return {status: _problem(status) for status in statuses}


def _problem(status: int) -> ResponseSpec:
    phrase = HTTPStatus(status).phrase
    code = PROBLEM_CODES[status]
    example = {
        "type": TYPE_PREFIX + code,
        "title": phrase,
        "status": status,
        "code": code,
        "detail": "What happened, and what to do about it.",
        "request_id": EXAMPLE_REQUEST_ID,
    }
    return ResponseSpec(
        Problem,
        description=phrase,
        media_type=PROBLEM_JSON,
        generate_examples=False,
        examples=[Example(summary=phrase, value=example)],
    )


EVENTS_STREAMED = {
    200: answer(
        JobEventView,
        "Server-sent events; this is the schema of the `data` of each event. `job.changed`: the "
        "job, at the start of the stream and after each change. `job.finished`: the job has ended; "
        "the last event. `job.gone`: the job was deleted or has expired; the last event. The `id` "
        "is the version of the job. Comments keep the connection open.",
        "text/event-stream",
    ),
    204: answer(None, "The job has ended, and Last-Event-ID is its version: do not reconnect."),
}
EVENT_STREAM = EVENTS_STREAMED | problems(404, 410, 429)
