"""What the contract says of answers: a schema, an example, and every error."""

from http import HTTPStatus
from typing import Any

from litestar import MediaType
from litestar.datastructures import ResponseHeader
from litestar.openapi import ResponseSpec
from litestar.openapi.spec import Example

from api.http.errors import PROBLEM_JSON, TYPE_PREFIX, Problem

TICKET_HEADERS = [
    ResponseHeader(
        name="Location", value="", documentation_only=True, description="The status route."
    ),
    ResponseHeader(
        name="Retry-After",
        value="",
        documentation_only=True,
        description="Seconds after which asking again is worth it.",
    ),
]

NULL_MARK = "(null)"
EXAMPLE_REQUEST_ID = "4bf92f3577b34da6a3ce929d0e0e4736"


def answer(
    model: Any, description: str, example: Any = None, media_type: str = MediaType.JSON
) -> ResponseSpec:
    """Document an answer.

    Args:
        model: The schema; None for an answer without a body.
        description: When it is given.
        example: A value that the schema admits.
        media_type: Of the body.
    """
    return ResponseSpec(
        model,
        description=description,
        media_type=media_type,
        # Generated examples are random, and hold structs that JSON cannot write.
        generate_examples=False,
        examples=[]
        if example is None
        else [Example(summary=description, value=mark_nulls(example))],
    )


def mark_nulls(value: Any) -> Any:
    """Mark the nulls of an example, which Litestar would leave out of the document."""
    match value:
        case dict():
            return {name: mark_nulls(part) for name, part in value.items()}
        case list():
            return [mark_nulls(part) for part in value]
        case _:
            return NULL_MARK if value is None else value


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """Document the problem documents that a route answers with."""
    return {status: answer(Problem, *_problem(status), PROBLEM_JSON) for status in statuses}


def _problem(status: int) -> tuple[str, dict[str, Any]]:
    phrase = HTTPStatus(status).phrase
    code = PROBLEM_CODES[status]
    example = {
        "type": TYPE_PREFIX + code,
        "title": phrase,
        "status": status,
        "code": code,
        "detail": "What happened this time, and what to do about it.",
        "request_id": EXAMPLE_REQUEST_ID,
    }
    return phrase, example


PROBLEM_CODES = {
    400: "malformed_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    408: "upload_too_slow",
    409: "wrong_state",
    410: "expired",
    413: "request_too_large",
    415: "wrong_content_type",
    416: "range_not_satisfiable",
    422: "invalid_value",
    429: "rate_limited",
    503: "unavailable",
}
