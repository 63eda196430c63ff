"""Checks of a refusal: a problem document (RFC 9457)."""

from typing import Any

import httpx


def assert_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Check that an answer is a complete problem document of this status and code."""
    assert answer.status_code == status, answer.content[:500]
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    members = {"type", "title", "status", "code", "detail", "request_id"}
    assert problem.keys() - {"errors"} == members
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["type"] == f"urn:minilab:problem:{code}"
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["title"]
    assert problem["detail"]
    return problem
