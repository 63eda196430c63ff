"""Following a ticket: at once, or held until it has ended."""

from typing import Any

from litestar import Response

from api.http.request_headers import is_known, wait_seconds
from api.schemas.jobs import JobView, view_job
from api.schemas.link_uploads import LinkJobView, view_link_job
from api.state import ApiRequest
from domain.fairness.estimates import Place, retry_after
from domain.jobs import TERMINAL
from domain.keys import Scope
from domain.records import JobState

LINK_ROUTE = "/v1/uploads"


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


def show_job(request: ApiRequest, state: JobState, place: Place) -> JobView | LinkJobView:
    """Show a job to who asks: with a key all of it, with a link what concerns its holder."""
    job = view_job(state, place, request.app.state.settings.rules)
    return job if request.user.link_id is None else view_link_job(job)


def _status_route(request: ApiRequest, job_id: str) -> str:
    """Say where a job is followed; the token of a link is no part of it: headers get around."""
    if request.user.link_id is None:
        return f"/v1/jobs/{job_id}"
    return f"{LINK_ROUTE}/jobs/{job_id}"
