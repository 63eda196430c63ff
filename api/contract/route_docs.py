"""Documentation of answers: schemas, headers and problem documents."""

from http import HTTPStatus
from typing import Any, Self

from litestar import MediaType
from litestar.datastructures import ResponseHeader
from litestar.openapi import ResponseSpec
from litestar.openapi.spec import Example

from api.http.errors import CHECKSUM_MISMATCH, PROBLEM_JSON, STATUS_OF, TYPE_PREFIX, Problem
from api.schemas.jobs import JobEventView
from domain.errors.base import ServiceError
from domain.errors.capacity import RateLimited
from domain.errors.requests import UnknownParameter


def _follow_headers(what: str) -> list[ResponseHeader]:
    return [
        ResponseHeader(name=name, value="", documentation_only=True, description=description)
        for name, description in (
            ("Location", f"URL of the {what}."),
            ("Retry-After", "Seconds to wait before the next request."),
        )
    ]


TICKET_HEADERS = _follow_headers("job")
BATCH_HEADERS = _follow_headers("batch")

# The first class with a status. The base class of limits is never raised.
PROBLEM_KINDS: dict[int, type[ServiceError]] = {
    **{int(status): kind for kind, status in reversed(STATUS_OF.items())},
    HTTPStatus.BAD_REQUEST.value: UnknownParameter,
    HTTPStatus.TOO_MANY_REQUESTS.value: RateLimited,
}
PHRASES = {CHECKSUM_MISMATCH: "Checksum Mismatch"}
DETAILS = {
    HTTPStatus.UNAUTHORIZED.value: "Send your key in the header: Authorization: Bearer <key>.",
    HTTPStatus.NOT_FOUND.value: "The object does not exist, or the key may not see it.",
}
ERRORS = {
    HTTPStatus.BAD_REQUEST.value: [
        {"parameter": "limt", "detail": "is not a parameter of this route; did you mean `limit`?"}
    ],
    HTTPStatus.UNPROCESSABLE_ENTITY.value: [
        {"parameter": "limit", "detail": "must be an integer from 1 to 100"}
    ],
}
EXAMPLE_REQUEST_ID = "4bf92f3577b34da6a3ce929d0e0e4736"


class SharedSpec(ResponseSpec):
    """Documentation of an answer, which the copies that Litestar makes of a route share.

    To copy it takes a sixth of the time to compose the API.
    """

    def __deepcopy__(self, _: object) -> Self:
        """Stay one: nothing changes it."""
        return self


def answer(model: Any, description: str, media_type: str = MediaType.JSON) -> ResponseSpec:
    """Document an answer; its example is a file of ``openapi/examples/``."""
    return SharedSpec(
        model,
        description=description,
        media_type=media_type,
        # Generated examples are random, and hold structs that JSON cannot represent.
        generate_examples=False,
    )


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """Document problems of a route, and those that nearly every route has."""
    return only_problems(400, 401, 403, 422, 429, 503, *statuses)


def only_problems(*statuses: int) -> dict[int, ResponseSpec]:
    """Document exactly these problems of a route."""
    return {status: _problem(status) for status in statuses}


def _problem(status: int) -> ResponseSpec:
    phrase = PHRASES.get(status) or HTTPStatus(status).phrase
    kind = PROBLEM_KINDS[status]
    example = {
        "type": TYPE_PREFIX + kind.code,
        "title": kind.title,
        "status": status,
        "code": kind.code,
        "detail": DETAILS.get(status, "What happened, and what to do about it."),
        "request_id": EXAMPLE_REQUEST_ID,
    }
    if errors := ERRORS.get(status):
        example |= {"errors": errors, "detail": _sentence(errors[0])}
    return SharedSpec(
        Problem,
        description=phrase,
        media_type=PROBLEM_JSON,
        generate_examples=False,
        examples=[Example(summary=phrase, value=example)],
    )


def _sentence(error: dict[str, str]) -> str:
    return f"{error['parameter']}: {error['detail']}"


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
