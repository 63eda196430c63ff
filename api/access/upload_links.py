"""Creates, reads, lists and revokes upload links."""

from functools import partial

import msgspec

from api.access.create_once import Created, CreateOnce, RequestKey
from api.http.bodies import Rules
from api.schemas.upload_links import (
    CreatedUploadLinkView,
    UploadLinkRequest,
    UploadLinkView,
    view_created_upload_link,
    view_upload_link,
)
from api.schemas.views import MAX_COUNTED, CountedPage, count_page, cut_page
from domain.audit import AuditAction, AuditEntry
from domain.errors.access import NotFound
from domain.keys import Caller, link_token
from domain.limits import KeyLimits
from domain.links import LinkPlan, UploadLink
from storage.acceptance.idempotency import Creation
from storage.access.audit import new_entry
from storage.clock import utc_now
from storage.stores import Stores


class ManageLinks:
    """Upload links, as admins and service keys manage them.

    A service key manages the links that it, or a service key of its tenant, created.
    """

    def __init__(self, stores: Stores, limits: KeyLimits) -> None:
        self._limits = limits
        self._audit = stores.audit
        self._links = stores.upload_links
        self._create_once = CreateOnce(stores.idempotency)

    async def list_page(
        self, caller: Caller, limit: int, cursor: str | None
    ) -> CountedPage[UploadLinkView]:
        """List links, newest first, those that no longer take files included."""
        links = await self._links.list_page(limit + 1, cursor, caller)
        now = utc_now()
        views = [view_upload_link(link, now) for link in links]
        page = cut_page(views, limit, [link.id for link in links])
        return count_page(page, await self._links.count(MAX_COUNTED + 1, caller))

    async def read(self, caller: Caller, link_id: str) -> UploadLinkView:
        """Read a link.

        Raises:
            NotFound: The caller manages no such link.
        """
        link = await self._links.get(link_id, caller)
        if link is None:
            raise NotFound
        return view_upload_link(link, utc_now())

    async def revoke(self, caller: Caller, link_id: str) -> None:
        """Revoke a link.

        Raises:
            NotFound: The caller manages no such link.
        """
        entry = new_entry(caller, AuditAction.UPLOAD_LINK_REVOKED, link_id)
        if not await self._links.revoke(link_id, caller, entry):
            raise NotFound

    async def create(
        self, source: RequestKey, wanted: UploadLinkRequest, address: str
    ) -> Created[CreatedUploadLinkView]:
        """Create a link; its token is in the result only.

        Its URLs begin with the address, which has no slash at its end.

        Raises:
            InvalidValue: Fields cannot be used.
            Forbidden: A service key names another tenant.
            TooManyLinks: The service key has too many open links.
            ServiceError: See :meth:`CreateOnce.create`.
        """
        wanted.check(Rules(utc_now()))
        caller = source.caller
        given = msgspec.structs.asdict(wanted)
        if not caller.is_admin:
            given |= {
                "tenant": caller.within(wanted.tenant).tenant,
                "service_id": caller.key_id,
                "max_stored_bytes": caller.max_stored_bytes,
                "max_links": self._limits.max_links_per_service_key,
            }
        plan = LinkPlan(**given)

        def entry(link: UploadLink) -> AuditEntry:
            return new_entry(
                caller,
                AuditAction.UPLOAD_LINK_CREATED,
                link.id,
                tenant=plan.tenant,
                expires_at=link.expires_at.isoformat(),
                max_files=link.max_files,
                max_bytes=link.max_bytes,
            )

        def make(random_bits: bytes) -> Creation[UploadLink]:
            token = link_token(random_bits)
            create = partial(self._links.create, plan, token, caller.key_id)
            return self._audit.recorded(create, entry)

        def view(link: UploadLink, random_bits: bytes) -> CreatedUploadLinkView:
            token = link_token(random_bits)
            return view_created_upload_link(link, link.created_at, token, address)

        return (await self._create_once.create(source, wanted, UploadLink, make)).map(view)
