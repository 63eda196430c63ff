"""Reads an upload link with its uploads, for its holder."""

from api.schemas.jobs import view_summary
from api.schemas.link_uploads import LinkUploadsView, view_link_uploads
from api.schemas.paging import cut_page
from api.schemas.service import view_capabilities
from api.settings import Settings
from domain.errors.access import LinkExpired
from domain.keys import Caller, scope_of
from domain.links import LinkStatus, UploadLink
from domain.records import JobFilter
from storage.clock import utc_now
from storage.stores import Stores


class ReadLinkUploads:
    """Reads links with their uploads."""

    def __init__(self, stores: Stores, settings: Settings) -> None:
        self._jobs = stores.jobs
        self._default_gps = settings.api.gps
        self._capabilities = view_capabilities(settings)

    async def page(
        self, caller: Caller, link: UploadLink, limit: int, cursor: str | None
    ) -> LinkUploadsView:
        """Read what a link still takes, and a page of its uploads, newest first.

        Raises:
            LinkExpired: The link has expired.
        """
        now = utc_now()
        if link.status(now) is LinkStatus.EXPIRED:
            raise LinkExpired("Ask the person who sent it for a new one.")
        jobs = await self._jobs.list_page(JobFilter(scope_of(caller), before=cursor), limit + 1)
        page = cut_page([view_summary(job) for job in jobs], limit, [job.id for job in jobs])
        return view_link_uploads(link, now, self._default_gps, self._capabilities, page)
