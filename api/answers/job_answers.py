"""Responses that show a job: the whole job with a key, the uploads of a link with its token."""

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import MediaType, Response
from litestar.status_codes import HTTP_202_ACCEPTED

from api.http.addresses import service_address
from api.http.auth import check_still_valid
from api.http.headers import conditional, is_known, wait_seconds
from api.jobs.follow import FollowJob
from api.schemas.jobs import JobView
from api.schemas.link_uploads import LinkJobView
from api.schemas.views import view_of
from api.state import ApiRequest
from domain.fairness.estimates import retry_after
from domain.jobs import TERMINAL
from domain.keys import Scope

LINK_ROUTE = "/v1/uploads"
ResultsUrl = Callable[[str], str] | None
"""Makes the URL of the results of a job from its ID."""


def show_job(
    request: ApiRequest, job: JobView, results: ResultsUrl = None
) -> JobView | LinkJobView:
    """Show a job as the caller may see it; its sender also gets the URL of its results."""
    if request.user.link_id is None:
        return job
    return view_of(LinkJobView, job, results_url=None if results is None else results(job.id))


async def results_url_of(request: ApiRequest) -> ResultsUrl:
    """Return what makes the URL of a job's results for its sender; None where there is none."""
    if request.user.link_id is None or not request.auth.show_results:
        return None
    sign = await request.app.state.signed_urls.results_signer(request.user)
    base = service_address(request)
    return lambda job_id: base + sign(job_id).path


def status_route(request: ApiRequest, job_id: str) -> str:
    """Give the path of a job's status route. It never contains the token of a link."""
    if request.user.link_id is None:
        return f"/v1/jobs/{job_id}"
    return f"{LINK_ROUTE}/jobs/{job_id}"


def ticket(
    request: ApiRequest,
    job: JobView,
    headers: dict[str, str] | None = None,
    results: ResultsUrl = None,
) -> Response[Any]:
    """Answer 202 with a job that is open: where to follow it, and when to ask again."""
    follow = {
        "Location": status_route(request, job.id),
        "Retry-After": str(retry_after(job.queue.eta_seconds)),
    }
    body = msgspec.json.encode(show_job(request, job, results))
    return json_response(body, HTTP_202_ACCEPTED, follow | (headers or {}))


def json_response(body: bytes, status: int, headers: dict[str, str]) -> Response[bytes]:
    """Answer with JSON that is written already."""
    return Response(body, status_code=status, headers=headers, media_type=MediaType.JSON)


async def answer_job(
    request: ApiRequest,
    follow_job: FollowJob,
    job_id: str,
    scope: Scope,
    prefer: str | None,
    if_none_match: str | None,
) -> Response[Any]:
    """Answer with a job, when it has ended or as long as the client prefers to wait.

    Raises:
        NotFound: There is no such job in the scope.
        JobExpired: The job is kept no longer.
        Unauthenticated: The key is no longer valid after the wait.
        OverLimit: The caller may hold no more answers now.
    """
    waited = wait_seconds(prefer)
    seen, place = await follow_job.wait(job_id, scope, waited or 0, request.user)
    job = seen.job
    if waited:
        await check_still_valid(request)
    headers = {}
    if waited is not None:
        headers["Preference-Applied"] = f"wait={waited}"
    if job.status not in TERMINAL:
        headers["Retry-After"] = str(retry_after(place.eta_seconds))
    etag = f"{job.id}-{job.version}-{place.position}"
    if is_known(if_none_match, etag):
        return conditional(if_none_match, etag, Response(None, headers=headers))
    view = show_job(request, await follow_job.view(seen, place))
    return conditional(if_none_match, etag, Response(view, headers=headers))
