"""The exceptions of this client."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from .models.problem import Problem

_SHOWN_CHARS = 200


class MinilabError(Exception):
    """Every exception that this client raises on its own."""


class ConnectionFailed(MinilabError):
    """The service cannot be reached, or a connection was interrupted; `__cause__` says why."""


class WaitTimedOut(MinilabError, TimeoutError):
    """A job has not ended in the time that was given. It is still being processed."""


class ApiError(MinilabError):
    """The service, or a proxy before it, gave an answer that is not a success.

    Attributes:
        status: HTTP status code.
        code: Stable identifier of the problem, such as `not_found`; `http_502` if the answer has no
            problem document.
        detail: What happened, for people.
        problem: The problem document (RFC 9457); None if the answer has none.
        retry_after: Seconds after which the same request may succeed; None if the answer does not
            tell.
        request_id: ID of the request in the log of the service; empty if the answer has none.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        problem: Problem | None = None,
        retry_after: float | None = None,
        request_id: str = "",
    ) -> None:
        suffix = f" (request {request_id})" if request_id else ""
        super().__init__(f"{status} {code}: {detail}{suffix}")
        self.status = status
        self.code = code
        self.detail = detail
        self.problem = problem
        self.retry_after = retry_after
        self.request_id = request_id


def error_of(status: int, headers: Mapping[str, str], content: bytes) -> ApiError:
    """Build the exception for an answer, whatever it contains."""
    retry_after = read_retry_after(headers.get("Retry-After", ""))
    request_id = headers.get("X-Request-ID", "")
    problem = _read_problem(content)
    if problem is None:
        detail = content[:_SHOWN_CHARS].decode(errors="replace") or _phrase(status)
        return ApiError(
            status, f"http_{status}", detail, retry_after=retry_after, request_id=request_id
        )
    return ApiError(
        status,
        problem.code,
        problem.detail,
        problem=problem,
        retry_after=retry_after,
        request_id=problem.request_id,
    )


def read_retry_after(value: str) -> float | None:
    """Read a `Retry-After` header, in seconds or as a date; None if it cannot be read."""
    if value.strip().isdecimal():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (until.astimezone(UTC) - datetime.now(UTC)).total_seconds())


def _read_problem(content: bytes) -> Problem | None:
    try:
        return Problem.from_dict(json.loads(content))
    except (ValueError, KeyError, TypeError):
        return None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "an unknown status"
