"""Routes of event streams: with a key, and by a signed URL."""

from typing import Any

from litestar import Controller, Response, get
from litestar.di import NamedDependency

from api.answers.event_stream import answer_events
from api.contract.route_docs import EVENT_STREAM, EVENTS_STREAMED, answer, only_problems, problems
from api.http.addresses import service_address
from api.http.auth import SIGNED
from api.http.parameters import JobId, LastEventId, NamedUser, SignedToken
from api.http.signed_urls import Admitted
from api.jobs.events_url import MakeEventsUrl
from api.jobs.live_jobs import LiveJobs
from api.schemas.signed_urls import EventsUrlView
from api.state import ApiRequest
from domain.keys import Scope, scope_of
from domain.signed_urls import Purpose


class JobEventController(Controller):
    """Event streams of jobs."""

    path = "/v1/jobs/{job_id:str}"
    tags = ("jobs",)

    @get(
        "/events",
        operation_id="streamJobEvents",
        summary="Stream the changes of a job",
        responses=EVENT_STREAM,
    )
    async def stream_job_events(
        self,
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
        "/events-url",
        operation_id="getJobEventsUrl",
        summary="Create a URL of an event stream that needs no key",
        responses={200: answer(EventsUrlView, "The URL.")} | problems(404, 410),
    )
    async def get_events_url(
        self,
        request: ApiRequest,
        events_url: NamedDependency[MakeEventsUrl],
        job_id: JobId,
        user_id: NamedUser = None,
    ) -> EventsUrlView:
        """Creates a URL of the job's event stream for an `EventSource`, which sends no key.

        Connect within a minute. An `EventSource` that has received an event can reconnect for a
        day. The stream ends when the key of this request is revoked or expires.
        """
        scope, base = scope_of(request.user, user_id), service_address(request)
        return await events_url.make(request.user, job_id, scope, base)


@get(
    "/v1/events/{token:str}",
    operation_id="streamSignedEvents",
    tags=["jobs"],
    summary="Stream the changes of a job by a signed URL",
    opt={SIGNED: Purpose.EVENTS},
    security=[{}],
    responses=EVENTS_STREAMED | only_problems(400, 404, 410, 422, 429, 503),
)
async def stream_signed_events(
    request: ApiRequest,
    live_jobs: NamedDependency[LiveJobs],
    token: SignedToken,
    last_event_id: LastEventId = None,
) -> Response[Any]:
    """Streams the changes of a job by a URL of `GET /v1/jobs/{job_id}/events-url`.

    It needs no key, so it works in `EventSource`. Events are those of
    `GET /v1/jobs/{job_id}/events`, but their `id` also proves that the client has read the stream:
    with it in `Last-Event-ID`, which an `EventSource` sends by itself, the stream can be opened
    again for a day after the URL has expired.
    """
    admitted: Admitted = request.auth
    return await answer_events(
        request,
        live_jobs,
        admitted.grant.object_id,
        Scope(),
        last_event_id,
        resume_mark=admitted.resume_mark,
    )
