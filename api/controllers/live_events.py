"""Live events: a stream for each ticket, until it has ended."""

from typing import Annotated, Any

from litestar import Response, get
from litestar.params import HeaderParameter

from api.answers.event_stream import answer_events
from api.contract.route_docs import answer, problems
from api.http.parameters import BY_HEADER, TOKEN_IN_HEADER, JobId, NamedUser
from api.schemas.live_events import JobChangeView, JobGoneView
from api.state import ApiRequest
from domain.keys import scope_of

EVENT_STREAM = "text/event-stream"
STREAM = answer(
    JobChangeView | JobGoneView,
    "Server-sent events; this is the schema of the `data` of each. `job.changed`: the job as it "
    "stands, at first and after each change. `job.finished`: likewise, and the last one. "
    "`job.gone`: deleted or expired, and the last one. The `id` is the version. Comments keep the "
    "line alive.",
    EVENT_STREAM,
)
TOLD = answer(None, "The job has ended, and Last-Event-ID is its version: do not connect again.")

LastEventId = Annotated[
    str | None,
    HeaderParameter(
        name="Last-Event-ID",
        required=False,
        max_length=64,
        description="The `id` of the last event that was read: only what is newer is told.",
    ),
]


@get(
    "/v1/jobs/{job_id:str}/events",
    operation_id="streamJobEvents",
    summary="Listen to a ticket",
    tags=["jobs"],
    responses={200: STREAM, 204: TOLD, **problems(401, 404, 410, 422, 429, 503)},
)
async def stream_job_events(
    request: ApiRequest,
    job_id: JobId,
    user_id: NamedUser = None,
    last_event_id: LastEventId = None,
) -> Response[Any]:
    """Be told of every change of a job, until it has ended.

    The stream ends after `job.finished` or `job.gone`. If it ends before, or breaks off, connect
    again with `Last-Event-ID`: what was missed is told as the present state, nothing twice.
    Once the end was told, that is answered with 204.
    """
    scope = scope_of(request.user, user_id)
    return await answer_events(request, job_id, scope, last_event_id)


@get(
    "/v1/uploads/jobs/{job_id:str}/events",
    operation_id="streamLinkJobEvents",
    summary="Listen to an upload through a link",
    tags=["uploads through links"],
    opt=BY_HEADER,
    security=TOKEN_IN_HEADER,
    responses={200: STREAM, 204: TOLD, **problems(401, 404, 410, 422, 429, 503)},
)
async def stream_link_job_events(
    request: ApiRequest, job_id: JobId, last_event_id: LastEventId = None
) -> Response[Any]:
    """Be told of every change of an upload as by `GET /v1/jobs/{job_id}/events`.

    Also after the link has expired, but no longer than until it is revoked.
    """
    return await answer_events(request, job_id, scope_of(request.user), last_event_id)
