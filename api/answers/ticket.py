"""The ticket: 202, where to follow the job, and when to ask again."""

from collections.abc import Mapping
from typing import TypeVar

from litestar import MediaType, Response
from litestar.status_codes import HTTP_202_ACCEPTED

from domain.fairness.estimates import retry_after

Content = TypeVar("Content")


def ticket(
    content: Content,
    location: str,
    eta_seconds: float | None,
    headers: Mapping[str, str] | None = None,
) -> Response[Content]:
    """Answer 202 for work that goes on after the response.

    Args:
        content: The body, as a value or as JSON.
        location: Path of the status route.
        eta_seconds: Estimated seconds until the work ends; None if unknown.
        headers: Further headers.
    """
    retry = {"Location": location, "Retry-After": str(retry_after(eta_seconds))}
    return Response(
        content,
        status_code=HTTP_202_ACCEPTED,
        headers=retry | dict(headers or {}),
        media_type=MediaType.JSON,
    )
