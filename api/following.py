"""Following a ticket: at once, or held until it has ended."""

from typing import Any

from litestar import Response

from api.dropping_off import show_job
from api.http.request_headers import is_known, wait_seconds
from api.requests import ApiRequest
from domain.fairness.estimates import retry_after
from domain.jobs import TERMINAL
from domain.keys import Scope


async def answer_job(
    request: ApiRequest, job_id: str, scope: Scope, prefer: str | None, if_none_match: str | None
) -> Response[Any]:
    """Answer with a job, when it has ended or as long as the client prefers to wait.

    Args:
        request: The request.
        job_id: The job.
        scope: What the caller may see.
        prefer: The Prefer header.
        if_none_match: The If-None-Match header.

    Raises:
        NotFound: There is none that the caller may see.
        JobExpired: There was one, and it is kept no longer.
    """
    app = request.app.state
    waited = wait_seconds(prefer)
    job = await app.tickets.wait(job_id, scope, waited or 0)
    place = await app.estimates.place_of(job)
    etag = f"{job.id}-{job.version}-{place.position}"
    headers = {"ETag": f'"{etag}"', "Cache-Control": "private, no-cache"}
    if waited is not None:
        headers["Preference-Applied"] = f"wait={waited}"
    if job.status not in TERMINAL:
        headers["Retry-After"] = str(retry_after(place.eta_seconds))
    if is_known(if_none_match, etag):
        return Response(None, status_code=304, headers=headers)
    return Response(show_job(request, await app.tickets.with_items(job), place), headers=headers)
