"""Uploads through invitation links: no key, only the token of the link."""

from typing import Annotated

from litestar import Controller, Response, get, post
from litestar.openapi.spec import Example
from litestar.params import PathParameter
from litestar.status_codes import HTTP_202_ACCEPTED

from api.answers.accept_upload import Wishes, answer_drop_off
from api.answers.follow_job import answer_job
from api.contract.form_docs import LinkUploadOperation
from api.contract.route_docs import TICKET_HEADERS, answer, problems
from api.http.auth import LINK_OPT, TokenIn
from api.http.example_values import EXAMPLE_TOKEN
from api.http.parameters import (
    BY_HEADER,
    TOKEN_IN_HEADER,
    IdempotencyKey,
    IfNoneMatch,
    JobId,
    Prefer,
)
from api.schemas.jobs import view_summary
from api.schemas.link_uploads import LinkJobView, LinkUploadsView, view_link_uploads
from api.schemas.paging import Cursor, Limit, cut_page
from api.schemas.service import view_capabilities
from api.state import ApiRequest
from domain.errors.access import LinkExpired
from domain.keys import scope_of
from domain.links import LinkStatus, UploadLink
from storage.catalog.jobs import JobFilter
from storage.clock import utc_now

BY_PATH = {LINK_OPT: TokenIn.PATH}
NO_KEY: list[dict[str, list[str]]] = [{}]
ENDED = answer(LinkJobView, "The upload ended within the time of `Prefer: wait`.")
TICKET = answer(LinkJobView, "The ticket.")
FOLLOWED = answer(LinkJobView, "The upload.")
UNCHANGED = answer(None, "Not changed since the version of If-None-Match.")

LinkToken = Annotated[
    str,
    PathParameter(description="The token of the link.", examples=[Example(value=EXAMPLE_TOKEN)]),
]


class LinkUploadController(Controller):
    """What a link opens. Handlers read the token nowhere: authentication has done so."""

    path = "/v1/uploads"
    tags = ("uploads through links",)

    @post(
        operation_id="createLinkUpload",
        summary="Drop files off with a link",
        status_code=HTTP_202_ACCEPTED,
        operation_class=LinkUploadOperation,
        request_max_body_size=None,
        response_headers=TICKET_HEADERS,
        opt=BY_HEADER,
        security=TOKEN_IN_HEADER,
        responses={
            200: ENDED,
            202: TICKET,
            **problems(400, 401, 403, 408, 409, 410, 413, 415, 422, 429, 503),
        },
    )
    async def create_upload(
        self,
        request: ApiRequest,
        prefer: Prefer = None,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[LinkJobView]:
        """Take files as `POST /v1/jobs` does, within the limits of the link.

        Files become images in the order in which they are sent; those that do not fit any more
        are items with the error `link_used_up`. The request fails only if none fits.
        """
        return await answer_drop_off(request, Wishes(prefer, idempotency_key))

    @get(
        operation_id="getLinkUploads",
        summary="Read a link with its uploads",
        opt=BY_HEADER,
        security=TOKEN_IN_HEADER,
        responses={
            200: answer(LinkUploadsView, "The link."),
            **problems(401, 410, 422, 503),
        },
    )
    async def get_uploads(
        self, request: ApiRequest, limit: Limit = 20, cursor: Cursor = None
    ) -> LinkUploadsView:
        """Read what the link that is shown still takes, and a page of its uploads."""
        app, link, now = request.app.state, _link(request), utc_now()
        if link.status(now) is LinkStatus.EXPIRED:
            raise LinkExpired("Ask whoever sent it for a new one.")
        wanted = JobFilter(scope_of(request.user), before=cursor)
        jobs = await app.stores.jobs.list_page(wanted, limit + 1)
        page = cut_page([view_summary(job) for job in jobs], limit, [job.id for job in jobs])
        capabilities = view_capabilities(app.settings)
        return view_link_uploads(link, now, app.settings.api.gps, capabilities, page)

    @get(
        "/jobs/{job_id:str}",
        operation_id="getLinkJob",
        summary="Follow an upload through a link",
        opt=BY_HEADER,
        security=TOKEN_IN_HEADER,
        responses={200: FOLLOWED, 304: UNCHANGED, **problems(401, 404, 410, 422, 503)},
    )
    async def get_job(
        self,
        request: ApiRequest,
        job_id: JobId,
        prefer: Prefer = None,
        if_none_match: IfNoneMatch = None,
    ) -> Response[LinkJobView | None]:
        """Read an upload; also after the link has expired, but not once it is revoked."""
        return await answer_job(request, job_id, scope_of(request.user), prefer, if_none_match)

    @post(
        "/{token:str}",
        operation_id="createLinkUploadByUrl",
        summary="Drop files off at the URL of a link",
        status_code=HTTP_202_ACCEPTED,
        operation_class=LinkUploadOperation,
        request_max_body_size=None,
        response_headers=TICKET_HEADERS,
        opt=BY_PATH,
        security=NO_KEY,
        responses={
            200: ENDED,
            202: TICKET,
            **problems(400, 403, 404, 408, 409, 410, 413, 415, 422, 429, 503),
        },
    )
    async def create_upload_by_url(
        self,
        request: ApiRequest,
        token: LinkToken,
        prefer: Prefer = None,
        idempotency_key: IdempotencyKey = None,
    ) -> Response[LinkJobView]:
        """Take files as `POST /v1/uploads` does, for clients that can send no header.

        `Location` names the route that wants the token as bearer: it repeats no token.
        """
        return await answer_drop_off(request, Wishes(prefer, idempotency_key))

    @get(
        "/{token:str}/jobs/{job_id:str}",
        operation_id="getLinkJobByUrl",
        summary="Follow an upload at the URL of a link",
        opt=BY_PATH,
        security=NO_KEY,
        responses={200: FOLLOWED, 304: UNCHANGED, **problems(404, 410, 422, 503)},
    )
    async def get_job_by_url(
        self,
        request: ApiRequest,
        token: LinkToken,
        job_id: JobId,
        prefer: Prefer = None,
        if_none_match: IfNoneMatch = None,
    ) -> Response[LinkJobView | None]:
        """Read an upload as `GET /v1/uploads/jobs/{job_id}` does."""
        return await answer_job(request, job_id, scope_of(request.user), prefer, if_none_match)


def _link(request: ApiRequest) -> UploadLink:
    link: UploadLink = request.auth
    return link
