"""Invitation links: made, listed and revoked by admins."""

from typing import Annotated

import msgspec
from litestar import Controller, Response, delete, get, post
from litestar.enums import RequestEncodingType
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, PathParameter

from api.answers.idempotency import create_once
from api.contract.examples import (
    EXAMPLE_CREATED_LINK,
    EXAMPLE_LINK,
    EXAMPLE_LINK_PAGE,
    EXAMPLE_NEW_LINK,
)
from api.contract.route_docs import answer, problems
from api.http.auth import admins_only
from api.http.example_values import EXAMPLE_ID
from api.http.parameters import IdempotencyKey
from api.schemas.paging import Cursor, Limit, Page, cut_page
from api.schemas.upload_links import (
    CreatedUploadLinkView,
    NewUploadLink,
    UploadLinkView,
    view_created_upload_link,
    view_upload_link,
)
from api.state import ApiRequest
from domain.errors.access import NotFound
from domain.keys import check_user_id, link_token
from domain.links import LinkPlan, UploadLink
from storage.clock import utc_now
from storage.mongo.client import Session

LinkId = Annotated[str, PathParameter(max_length=64, examples=[Example(value=EXAMPLE_ID)])]
NewLinkBody = Annotated[
    NewUploadLink,
    BodyKwarg(media_type=RequestEncodingType.JSON, examples=[Example(value=EXAMPLE_NEW_LINK)]),
]


class UploadLinkController(Controller):
    """Links."""

    path = "/v1/upload-links"
    tags = ("upload links",)
    guards = (admins_only,)

    @post(
        operation_id="createUploadLink",
        summary="Make a link",
        responses={
            201: answer(CreatedUploadLinkView, "The new link.", EXAMPLE_CREATED_LINK),
            **problems(400, 401, 403, 409, 422, 503),
        },
    )
    async def create_link(
        self, request: ApiRequest, data: NewLinkBody, idempotency_key: IdempotencyKey = None
    ) -> Response[CreatedUploadLinkView]:
        """Make a link; the answer is the only place where its token is ever shown.

        Whoever sends the same `Idempotency-Key` again, with the same key of their own, gets the
        same answer with the same token.
        """
        if data.user_id is not None:
            check_user_id(data.user_id)
        links, plan = (
            request.app.state.stores.upload_links,
            LinkPlan(**msgspec.structs.asdict(data)),
        )

        async def create(random_bits: bytes, session: Session | None) -> UploadLink:
            token, key_id = link_token(random_bits), request.user.key_id
            made: UploadLink = await links.create(plan, token, key_id, session)
            return made

        link, random_bits, headers = await create_once(
            request, idempotency_key, data, UploadLink, create
        )
        base_url = request.app.state.settings.api.public_url or str(request.base_url)
        view = view_created_upload_link(
            link, link.created_at, link_token(random_bits), base_url.rstrip("/")
        )
        return Response(view, headers=headers | {"Cache-Control": "no-store"})

    @get(
        operation_id="listUploadLinks",
        summary="List links",
        responses={
            200: answer(Page[UploadLinkView], "A page.", EXAMPLE_LINK_PAGE),
            **problems(401, 403, 422, 503),
        },
    )
    async def list_links(
        self, request: ApiRequest, limit: Limit = 20, cursor: Cursor = None
    ) -> Page[UploadLinkView]:
        """List links with their use so far, newest first, those that are over included."""
        links = await request.app.state.stores.upload_links.list_page(limit + 1, cursor)
        now = utc_now()
        views = [view_upload_link(link, now) for link in links]
        return cut_page(views, limit, [link.id for link in links])

    @get(
        "/{link_id:str}",
        operation_id="getUploadLink",
        summary="Read a link",
        responses={
            200: answer(UploadLinkView, "The link.", EXAMPLE_LINK),
            **problems(401, 403, 404, 422, 503),
        },
    )
    async def get_link(self, request: ApiRequest, link_id: LinkId) -> UploadLinkView:
        """Read a link with its use so far; `GET /v1/images?link_id=` lists what came in."""
        link = await request.app.state.stores.upload_links.get(link_id)
        if link is None:
            raise NotFound
        return view_upload_link(link, utc_now())

    @delete(
        "/{link_id:str}",
        operation_id="revokeUploadLink",
        summary="Revoke a link",
        responses=problems(401, 403, 404, 422, 503),
    )
    async def revoke_link(self, request: ApiRequest, link_id: LinkId) -> None:
        """Withdraw a link, at once and for good: uploads under way end with a 410.

        Images that came in through it stay.
        """
        if not await request.app.state.stores.upload_links.revoke(link_id):
            raise NotFound
