"""Creates, reads, lists and revokes upload links."""

from functools import partial

import msgspec

from api.access.create_once import Created, CreateOnce, RequestKey
from api.schemas.upload_links import (
    CreatedUploadLinkView,
    UploadLinkRequest,
    UploadLinkView,
    view_created_upload_link,
    view_upload_link,
)
from api.schemas.views import Page, cut_page
from domain.errors.access import NotFound
from domain.keys import check_new_user_id, check_tenant, link_token
from domain.links import LinkPlan, UploadLink
from storage.acceptance.idempotency import Creation
from storage.clock import utc_now
from storage.stores import Stores


class ManageLinks:
    """Upload links, as admins manage them."""

    def __init__(self, stores: Stores) -> None:
        self._links = stores.upload_links
        self._create_once = CreateOnce(stores.idempotency)

    async def list_page(self, limit: int, cursor: str | None) -> Page[UploadLinkView]:
        """List links, newest first, those that no longer take files included."""
        links = await self._links.list_page(limit + 1, cursor)
        now = utc_now()
        views = [view_upload_link(link, now) for link in links]
        return cut_page(views, limit, [link.id for link in links])

    async def read(self, link_id: str) -> UploadLinkView:
        """Read a link.

        Raises:
            NotFound: The link does not exist.
        """
        link = await self._links.get(link_id)
        if link is None:
            raise NotFound
        return view_upload_link(link, utc_now())

    async def revoke(self, link_id: str) -> None:
        """Revoke a link.

        Raises:
            NotFound: The link does not exist.
        """
        if not await self._links.revoke(link_id):
            raise NotFound

    async def create(
        self, source: RequestKey, wanted: UploadLinkRequest, address: str
    ) -> Created[CreatedUploadLinkView]:
        """Create a link; its token is in the result only.

        Its URLs begin with the address, which has no slash at its end.

        Raises:
            InvalidValue: A field cannot be used.
            ServiceError: See :meth:`CreateOnce.create`.
        """
        if wanted.user_id is not None:
            check_new_user_id(wanted.user_id)
        if wanted.tenant is not None:
            check_tenant(wanted.tenant)
        plan = LinkPlan(**msgspec.structs.asdict(wanted))

        def make(random_bits: bytes) -> Creation[UploadLink]:
            return partial(self._links.create, plan, link_token(random_bits), source.caller.key_id)

        def view(link: UploadLink, random_bits: bytes) -> CreatedUploadLinkView:
            token = link_token(random_bits)
            return view_created_upload_link(link, link.created_at, token, address)

        return (await self._create_once.create(source, wanted, UploadLink, make)).map(view)
