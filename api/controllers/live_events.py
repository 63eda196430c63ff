"""Routes of live events: a stream for each job, until it has ended."""

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency

from api.answers.event_stream import answer_events
from api.contract.route_docs import answer, problems
from api.http.parameters import BY_HEADER, JobId, LastEventId, NamedUser
from api.jobs.live_jobs import LiveJobs
from api.schemas.jobs import JobChangeView, JobGoneView
from api.state import ApiRequest
from domain.keys import scope_of

STREAM = {
    200: answer(
        JobChangeView | JobGoneView,
        "Server-sent events; this is the schema of the `data` of each event. `job.changed`: the "
        "job, at the start of the stream and after each change. `job.finished`: the job has ended; "
        "the last event. `job.gone`: the job was deleted or has expired; the last event. The `id` "
        "is the version of the job. Comments keep the connection open.",
        "text/event-stream",
    ),
    204: answer(None, "The job has ended, and Last-Event-ID is its version: do not reconnect."),
} | problems(404, 410, 429)


@get(
    "/v1/jobs/{job_id:str}/events",
    operation_id="streamJobEvents",
    summary="Stream the changes of a job",
    tags=["jobs"],
    responses=STREAM,
)
async def stream_job_events(
    request: ApiRequest,
    live_jobs: NamedDependency[LiveJobs],
    job_id: JobId,
    user_id: NamedUser = None,
    last_event_id: LastEventId = None,
) -> Response[Any]:
    """Streams every change of a job until the job ends.

    The stream ends after `job.finished` or `job.gone`. If it ends earlier or is interrupted,
    reconnect with `Last-Event-ID`: the stream continues with the current state and repeats
    nothing. After the last event, such a request is answered with 204.
    """
    scope = scope_of(request.user, user_id)
    return await answer_events(request, live_jobs, job_id, scope, last_event_id)


@get(
    "/v1/uploads/jobs/{job_id:str}/events",
    operation_id="streamLinkJobEvents",
    summary="Stream the changes of an upload of a link",
    tags=["uploads through links"],
    responses=STREAM,
    **BY_HEADER,
)
async def stream_link_job_events(
    request: ApiRequest,
    live_jobs: NamedDependency[LiveJobs],
    job_id: JobId,
    last_event_id: LastEventId = None,
) -> Response[Any]:
    """Streams every change of an upload, as `GET /v1/jobs/{job_id}/events` does.

    The stream stays available after the link expires, until the link is revoked.
    """
    scope = scope_of(request.user)
    return await answer_events(request, live_jobs, job_id, scope, last_event_id)
