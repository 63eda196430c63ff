"""Makes signed URLs of event streams."""

from api.http.signed_urls import SignedUrls
from api.schemas.signed_urls import EventsUrlView, view_events_url
from domain.keys import Caller, Scope
from storage.stores import Stores


class MakeEventsUrl:
    """Makes the URL of a job's event stream for an ``EventSource``, which sends no headers."""

    def __init__(self, stores: Stores, signed_urls: SignedUrls) -> None:
        self._jobs = stores.jobs
        self._signed_urls = signed_urls

    async def make(self, caller: Caller, job_id: str, scope: Scope, base: str) -> EventsUrlView:
        """Make the URL; ``base`` is the address of the service.

        Raises:
            NotFound: There is no such job in the scope.
            JobExpired: The job is kept no longer.
        """
        job = await self._jobs.get(job_id, scope)
        return view_events_url(await self._signed_urls.of_events(caller, job.id), base)
