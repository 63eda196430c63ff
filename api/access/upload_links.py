"""Creates, reads, lists and revokes upload links."""

from functools import partial

import msgspec

from api.access.create_once import Created, CreateOnce, RequestKey
from api.schemas.paging import Page, cut_page
from api.schemas.upload_links import (
    CreatedUploadLinkView,
    NewUploadLink,
    UploadLinkView,
    view_created_upload_link,
    view_upload_link,
)
from domain.errors.access import NotFound
from domain.keys import check_user_id, link_token
from domain.links import LinkPlan, UploadLink
from storage.acceptance.idempotency import Creation
from storage.access.upload_links import UploadLinks
from storage.clock import utc_now


class ManageLinks:
    """Reads, lists and revokes links."""

    def __init__(self, links: UploadLinks) -> None:
        self._links = links

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


class CreateLink:
    """Creates links."""

    def __init__(self, links: UploadLinks, create_once: CreateOnce, public_url: str) -> None:
        self._links = links
        self._create_once = create_once
        self._public_url = public_url

    async def create(
        self, source: RequestKey, wanted: NewUploadLink, base_url: str
    ) -> Created[CreatedUploadLinkView]:
        """Create a link; its token is in the result only.

        Args:
            source: Identifies the request.
            wanted: What kind of link.
            base_url: Where the request came in.

        Raises:
            InvalidValue: A field cannot be used.
            IdempotencyKeyInUse: The first request with this Idempotency-Key is still running.
            IdempotencyKeyMisused: The Idempotency-Key was used with another body.
        """
        if wanted.user_id is not None:
            check_user_id(wanted.user_id)
        plan = LinkPlan(**msgspec.structs.asdict(wanted))
        url = (self._public_url or base_url).rstrip("/")

        def make(random_bits: bytes) -> Creation[UploadLink]:
            token = link_token(random_bits)
            return partial(self._links.create, plan, token, source.caller.key_id)

        created = await self._create_once.create(source, wanted, UploadLink, make)
        return created.map(
            lambda link, random_bits: view_created_upload_link(
                link, link.created_at, link_token(random_bits), url
            )
        )
