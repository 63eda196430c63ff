"""Routes of upload links, for admins."""

from typing import Annotated

from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.access.upload_links import CreateLink, ManageLinks
from api.answers.created import answer_created, request_key
from api.contract.route_docs import answer, problems
from api.http.guards import admins_only
from api.http.parameters import IdempotencyKey, id_of
from api.schemas.paging import Cursor, Limit, Page
from api.schemas.upload_links import CreatedUploadLinkView, NewUploadLink, UploadLinkView
from api.state import ApiRequest

LinkId = Annotated[str, id_of("upload link")]


class UploadLinkController(Controller):
    """Upload links."""

    path = "/v1/upload-links"
    tags = ("upload links",)
    guards = (admins_only,)

    @post(
        operation_id="createUploadLink",
        summary="Create an upload link",
        responses={201: answer(CreatedUploadLinkView, "The new link.")} | problems(400, 403, 409),
    )
    async def create_link(
        self,
        request: ApiRequest,
        create_link: NamedDependency[CreateLink],
        data: JSONBody[NewUploadLink],
        idempotency_key: IdempotencyKey = None,
    ) -> Response[CreatedUploadLinkView]:
        """Creates an upload link. Only this response shows its token.

        If you send the request again with the same `Idempotency-Key` and the same API key, you
        get the same response with the same token.
        """
        source = request_key(request, idempotency_key)
        return answer_created(await create_link.create(source, data, str(request.base_url)))

    @get(
        operation_id="listUploadLinks",
        summary="List upload links",
        responses={200: answer(Page[UploadLinkView], "A page of links.")} | problems(403),
    )
    async def list_links(
        self, manage_links: NamedDependency[ManageLinks], limit: Limit = 20, cursor: Cursor = None
    ) -> Page[UploadLinkView]:
        """Lists upload links and their usage, newest first; includes those that take no files."""
        return await manage_links.list_page(limit, cursor)

    @get(
        "/{link_id:str}",
        operation_id="getUploadLink",
        summary="Retrieve an upload link",
        responses={200: answer(UploadLinkView, "The link.")} | problems(403, 404),
    )
    async def get_link(
        self, manage_links: NamedDependency[ManageLinks], link_id: LinkId
    ) -> UploadLinkView:
        """Retrieves an upload link and its usage.

        `GET /v1/images?link_id=` lists the images that were uploaded through it.
        """
        return await manage_links.read(link_id)

    @delete(
        "/{link_id:str}",
        operation_id="revokeUploadLink",
        summary="Revoke an upload link",
        responses=problems(403, 404),
    )
    async def revoke_link(
        self, manage_links: NamedDependency[ManageLinks], link_id: LinkId
    ) -> None:
        """Revokes an upload link immediately and permanently; uploads in progress end with a 410.

        Images that were uploaded through it are kept.
        """
        await manage_links.revoke(link_id)
