"""Routes of uploads through links: they take the token of a link instead of a key."""

from typing import Annotated, Any

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter

from api.answers.accept_upload import answer_upload
from api.answers.event_stream import answer_events
from api.answers.job_answers import answer_job
from api.contract.form_docs import (
    UPLOAD_PROBLEMS,
    UPLOAD_ROUTE,
    LinkReferencingOperation,
    LinkUploadOperation,
)
from api.contract.route_docs import EVENT_STREAM, answer, only_problems, problems
from api.http.addresses import service_address
from api.http.auth import LINK_OPT, TokenIn
from api.http.parameters import (
    BY_HEADER,
    EXAMPLE_TOKEN,
    IdempotencyKey,
    IfNoneMatch,
    JobId,
    LastEventId,
    Prefer,
    example,
)
from api.http.raw_fields import RawGps, RawOperations, fields_of
from api.jobs.events_url import MakeEventsUrl
from api.jobs.follow import FollowJob, ReadLinkUploads
from api.jobs.live_jobs import LiveJobs
from api.schemas.link_uploads import LinkJobView, LinkUploadsView
from api.schemas.signed_urls import EventsUrlView
from api.schemas.views import Cursor, Limit
from api.state import ApiRequest
from api.uploads.bodies import BodyKind
from api.uploads.take_in import TakeIn
from domain.keys import scope_of

BY_PATH: dict[str, Any] = {"opt": {LINK_OPT: TokenIn.PATH}, "security": [{}]}
TAKEN = {
    200: answer(LinkJobView, "The upload ended within the time of `Prefer: wait`."),
    202: answer(LinkJobView, "The upload, which is accepted."),
}
OF_LINKS = (BodyKind.FORM, BodyKind.FILE, BodyKind.UPLOADS)
FOLLOWED = {
    200: answer(LinkJobView, "The upload."),
    304: answer(None, "The upload is unchanged since the If-None-Match version."),
}
LinkToken = Annotated[
    str,
    PathParameter(description="The token of the link.", examples=example(EXAMPLE_TOKEN)),
]


class LinkUploadController(Controller):
    """Uploads through links. Authentication reads the token; no handler does."""

    path = "/v1/uploads"
    tags = ("uploads through links",)

    @post(
        operation_id="createLinkUpload",
        summary="Upload files with a link",
        operation_class=LinkUploadOperation,
        responses=TAKEN | UPLOAD_PROBLEMS,
        **BY_HEADER,
        **UPLOAD_ROUTE,
    )
    async def create_upload(
        self,
        request: ApiRequest,
        take_in: NamedDependency[TakeIn],
        prefer: Prefer = None,
        idempotency_key: IdempotencyKey = None,
        operations: RawOperations = None,
        gps: RawGps = None,
    ) -> Response[LinkJobView]:
        """Uploads files as `POST /v1/jobs` does, within the limits of the link.

        Files become images in the order of the request. Files that exceed the limits become items
        with the error `link_used_up`; the request only fails if no file fits.

        The body can also be a file itself, as in `POST /v1/jobs/file`.
        """
        query = fields_of(operations, gps=gps)
        return await answer_upload(
            request, take_in, prefer, idempotency_key, query=query, kinds=OF_LINKS
        )

    @post(
        "/jobs",
        operation_id="createLinkUploadFromUploads",
        summary="Create a job from resumable uploads of a link",
        operation_class=LinkReferencingOperation,
        responses=TAKEN | UPLOAD_PROBLEMS | problems(404),
        **BY_HEADER,
        **UPLOAD_ROUTE,
    )
    async def create_from_uploads(
        self,
        request: ApiRequest,
        take_in: NamedDependency[TakeIn],
        prefer: Prefer = None,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[LinkJobView]:
        """Creates a job for files whose bytes were sent by resumable uploads before.

        Their places in the link were reserved at their creation, so they fit, also after the link
        has expired. In all else it is `POST /v1/jobs/uploads`. `POST /v1/uploads` takes such a
        body too.
        """
        return await answer_upload(
            request, take_in, prefer, idempotency_key, query={}, kinds=[BodyKind.UPLOADS]
        )

    @get(
        operation_id="getLinkUploads",
        summary="Retrieve a link with its uploads",
        responses={200: answer(LinkUploadsView, "The link.")} | problems(410),
        **BY_HEADER,
    )
    async def get_uploads(
        self,
        request: ApiRequest,
        link_uploads: NamedDependency[ReadLinkUploads],
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> LinkUploadsView:
        """Retrieves what the link still accepts, and a page of its uploads, newest first."""
        return await link_uploads.page(request.user, request.auth, limit, cursor)

    @get(
        "/jobs/{job_id:str}",
        operation_id="getLinkJob",
        summary="Retrieve an upload of a link",
        responses=FOLLOWED | problems(404, 410, 429),
        **BY_HEADER,
    )
    async def get_job(
        self,
        request: ApiRequest,
        follow_job: NamedDependency[FollowJob],
        job_id: JobId,
        prefer: Prefer = None,
        if_none_match: IfNoneMatch = None,
    ) -> Response[LinkJobView | None]:
        """Retrieves an upload. It stays available after the link expires, until it is revoked."""
        scope = scope_of(request.user)
        return await answer_job(request, follow_job, job_id, scope, prefer, if_none_match)

    @get(
        "/jobs/{job_id:str}/events",
        operation_id="streamLinkJobEvents",
        summary="Stream the changes of an upload of a link",
        responses=EVENT_STREAM,
        **BY_HEADER,
    )
    async def stream_link_job_events(
        self,
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

    @get(
        "/jobs/{job_id:str}/events-url",
        operation_id="getLinkJobEventsUrl",
        summary="Create a URL of the event stream of an upload that needs no token",
        responses={200: answer(EventsUrlView, "The URL.")} | problems(404, 410),
        **BY_HEADER,
    )
    async def get_events_url(
        self,
        request: ApiRequest,
        events_url: NamedDependency[MakeEventsUrl],
        job_id: JobId,
    ) -> EventsUrlView:
        """Creates a URL for an `EventSource`, as `GET /v1/jobs/{job_id}/events-url` does.

        The stream ends when the link is revoked.
        """
        scope, base = scope_of(request.user), service_address(request)
        return await events_url.make(request.user, job_id, scope, base)

    @post(
        "/{token:str}",
        operation_id="createLinkUploadByUrl",
        summary="Upload files to the URL of a link",
        operation_class=LinkUploadOperation,
        responses=TAKEN | only_problems(400, 403, 404, 408, 409, 410, 413, 415, 422, 429, 503),
        **BY_PATH,
        **UPLOAD_ROUTE,
    )
    async def create_upload_by_url(
        self,
        request: ApiRequest,
        take_in: NamedDependency[TakeIn],
        token: LinkToken,
        prefer: Prefer = None,
        idempotency_key: IdempotencyKey = None,
        operations: RawOperations = None,
        gps: RawGps = None,
    ) -> Response[LinkJobView]:
        """Uploads files as `POST /v1/uploads` does, for clients that cannot send a header.

        `Location` names the route that takes the token as bearer: it does not repeat the token.
        """
        query = fields_of(operations, gps=gps)
        return await answer_upload(
            request, take_in, prefer, idempotency_key, query=query, kinds=OF_LINKS
        )

    @get(
        "/{token:str}/jobs/{job_id:str}",
        operation_id="getLinkJobByUrl",
        summary="Retrieve an upload at the URL of a link",
        responses=FOLLOWED | only_problems(400, 404, 410, 422, 429, 503),
        **BY_PATH,
    )
    async def get_job_by_url(
        self,
        request: ApiRequest,
        follow_job: NamedDependency[FollowJob],
        token: LinkToken,
        job_id: JobId,
        prefer: Prefer = None,
        if_none_match: IfNoneMatch = None,
    ) -> Response[LinkJobView | None]:
        """Retrieves an upload as `GET /v1/uploads/jobs/{job_id}` does."""
        scope = scope_of(request.user)
        return await answer_job(request, follow_job, job_id, scope, prefer, if_none_match)
