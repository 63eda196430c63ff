"""Turns errors into problem documents (RFC 9457). Only this module chooses their status."""

import math
import random
import re
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, SerializationException, ValidationException
from structlog.contextvars import bind_contextvars

from api.http.expectations import MAX_FAULTS
from api.http.inputs import InvalidInput, find_faults, locate
from api.http.leaving import ClientLeft, answer_client_left
from domain.errors.access import (
    Expired,
    Forbidden,
    NotFound,
    Unauthenticated,
    UploadInterrupted,
    WrongState,
)
from domain.errors.base import ServiceError
from domain.errors.capacity import (
    BytesUnavailable,
    OverLimit,
    Overloaded,
    StorageFull,
    Unavailable,
    WebhooksNotSetUp,
)
from domain.errors.files import DecoderDied, DecodeTimedOut, FileRefused
from domain.errors.requests import (
    BodyTooSlow,
    ChecksumMismatch,
    HeadersTooLarge,
    HeadersTooSlow,
    InvalidValue,
    MalformedRequest,
    MethodNotAllowed,
    RangeNotSatisfiable,
    RequestTooLarge,
    TooManyParts,
    UnknownParameter,
    UploadTooSlow,
    WrongContentType,
    WrongTusVersion,
)
from storage.errors import STORE_FAILED, is_disk_full
from telemetry.logs import request_id

PROBLEM_JSON = "application/problem+json"
TYPE_PREFIX = "urn:minilab:problem:"

# Of the checksum extension of tus 1.0: "460 Checksum Mismatch".
CHECKSUM_MISMATCH = 460
# The most specific class wins.
STATUS_OF: dict[type[ServiceError], int] = {
    MalformedRequest: HTTPStatus.BAD_REQUEST,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    WrongState: HTTPStatus.CONFLICT,
    UploadInterrupted: HTTPStatus.LOCKED,
    Expired: HTTPStatus.GONE,
    UploadTooSlow: HTTPStatus.REQUEST_TIMEOUT,
    HeadersTooSlow: HTTPStatus.REQUEST_TIMEOUT,
    BodyTooSlow: HTTPStatus.REQUEST_TIMEOUT,
    HeadersTooLarge: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    RequestTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TooManyParts: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    WrongContentType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    WrongTusVersion: HTTPStatus.PRECONDITION_FAILED,
    ChecksumMismatch: CHECKSUM_MISMATCH,
    MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    RangeNotSatisfiable: HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
    InvalidValue: HTTPStatus.UNPROCESSABLE_ENTITY,
    FileRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    DecodeTimedOut: HTTPStatus.UNPROCESSABLE_ENTITY,
    DecoderDied: HTTPStatus.UNPROCESSABLE_ENTITY,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    WebhooksNotSetUp: HTTPStatus.SERVICE_UNAVAILABLE,
    OverLimit: HTTPStatus.TOO_MANY_REQUESTS,
    Overloaded: HTTPStatus.SERVICE_UNAVAILABLE,
    ServiceError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
# Errors that the framework finds before a handler runs.
KIND_OF_STATUS: dict[HTTPStatus, type[ServiceError]] = {
    HTTPStatus.BAD_REQUEST: MalformedRequest,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.METHOD_NOT_ALLOWED: MethodNotAllowed,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: RequestTooLarge,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: WrongContentType,
    HTTPStatus.INTERNAL_SERVER_ERROR: ServiceError,
}
DETAIL_OF_STATUS = {
    HTTPStatus.NOT_FOUND: "There is no such route.",
    HTTPStatus.METHOD_NOT_ALLOWED: "The header Allow names the methods of this route.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body has more bytes than this route accepts.",
}
_BYTE = re.compile(r"\(byte (\d+)\)")

_log = structlog.get_logger(__name__)


class Problem(msgspec.Struct, frozen=True):
    """A problem document (RFC 9457)."""

    type: str
    """Identifier of the problem type: a URN that ends with the code. Stable."""
    title: str
    """Summary of the problem type, for people."""
    status: int
    """The HTTP status code."""
    code: str
    """Identifier of the problem type, for programs. Stable."""
    detail: str
    """What happened in this request, and what to do about it."""
    request_id: str
    """The `X-Request-ID` of this response; the service's log contains it."""
    errors: list[InvalidInput] | msgspec.UnsetType = msgspec.UNSET
    """The parts of the request that are wrong, at most 20; absent if the problem is not in one."""


def problem_response(
    status: int,
    code: str,
    title: str,
    detail: str,
    headers: dict[str, str] | None = None,
    errors: list[InvalidInput] | None = None,
) -> Response[Problem]:
    """Write a problem document."""
    bind_contextvars(problem=code)
    listed = errors or msgspec.UNSET
    return Response(
        Problem(TYPE_PREFIX + code, title, status, code, detail, request_id() or "", listed),
        status_code=status,
        media_type=PROBLEM_JSON,
        headers=headers or {},
    )


def status_of(error: ServiceError) -> int:
    """Look up the status of an error by its class, or its nearest base class."""
    return next(int(STATUS_OF[kind]) for kind in type(error).__mro__ if kind in STATUS_OF)


def answer_service_error(request: Request[Any, Any, Any], error: ServiceError) -> Response[Problem]:
    """Answer an error of the service."""
    status = status_of(error)
    headers = {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="minilab"'
    if isinstance(error, OverLimit):
        headers["Retry-After"] = str(spread(error.wait_seconds))
    elif status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(jittered(3))
    errors = []
    if isinstance(error, UnknownParameter):
        errors = [InvalidInput(fault, parameter=name) for name, fault in error.faults.items()]
    elif isinstance(error, InvalidValue | MalformedRequest):
        errors = [locate(name, fault, request) for name, fault in error.faults.items()]
    listed = errors[:MAX_FAULTS]
    return problem_response(status, error.code, error.title, error.detail, headers, listed)


def answer_store_error(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """Answer for a database that cannot be reached, or is full."""
    _log.warning("store_failed", reason=type(error).__name__)
    failure: ServiceError = Unavailable("A database cannot be reached. Try again later.")
    if is_disk_full(error):
        failure = StorageFull(
            "The storage is full. Delete images, or ask the operator for more space."
        )
    return answer_service_error(request, failure)


def answer_http_exception(
    request: Request[Any, Any, Any], error: HTTPException
) -> Response[Problem]:
    """Answer an error of the framework, in the words of this service."""
    if isinstance(error, ValidationException):
        return _answer_invalid(request)
    status = HTTPStatus(error.status_code)
    kind = KIND_OF_STATUS.get(status, MalformedRequest)
    detail = DETAIL_OF_STATUS.get(status, kind.title)
    if isinstance(error.__cause__, SerializationException):
        found = _BYTE.search(str(error.__cause__))
        place = f"; the fault is near byte {found[1]}" if found else ""
        detail = f"The body is not valid JSON{place}."
    return problem_response(status, kind.code, kind.title, detail, dict(error.headers or {}))


def _answer_invalid(request: Request[Any, Any, Any]) -> Response[Problem]:
    """Answer values that do not fit: all of them, by the names that the client wrote."""
    errors = find_faults(request)
    detail = "; ".join(error.sentence for error in errors)
    invalid = InvalidValue(detail or "A value of the request is not as the contract says.")
    status = status_of(invalid)
    return problem_response(status, invalid.code, invalid.title, invalid.detail, errors=errors)


def answer_unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """Answer an unexpected error: the log has it, the client gets no internals."""
    _log.error("unexpected_error", route=request.scope.get("path_template"), exc_info=error)
    unknown = ServiceError()
    return problem_response(500, unknown.code, unknown.title, "The error was logged.")


def jittered(seconds: float) -> int:
    """Vary a waiting time, so that clients refused together do not return together."""
    return math.ceil(seconds * random.uniform(0.75, 1.25))  # noqa: S311


def spread(wait_seconds: float) -> int:
    """Round a waiting time up, and vary it: clients return neither too early nor all at once."""
    return math.ceil(wait_seconds + random.uniform(0.0, max(2.0, wait_seconds)))  # noqa: S311


EXCEPTION_HANDLERS: dict[Any, Any] = {
    ServiceError: answer_service_error,
    ClientLeft: answer_client_left,
    HTTPException: answer_http_exception,
    RecursionError: lambda request, _: answer_service_error(
        request, MalformedRequest("The body is nested too deeply.")
    ),
    UnicodeError: lambda request, _: answer_service_error(
        request, MalformedRequest("The request holds text that is not UTF-8.")
    ),
    Exception: answer_unexpected,
    **dict.fromkeys(STORE_FAILED, answer_store_error),
    BytesUnavailable: answer_service_error,
}
