"""Reads jobs with their place in the queue, and lists them, also for the holder of a link."""

from collections.abc import Callable
from contextlib import suppress

from api.jobs.estimates import Estimates
from api.jobs.waiting import Waiting
from api.schemas.jobs import JobSummaryView, JobView, view_job, view_summary
from api.schemas.link_uploads import LinkUploadsView, view_link_uploads
from api.schemas.service import view_capabilities
from api.schemas.views import Page, cut_page
from api.settings import Settings
from domain.errors.access import LinkExpired
from domain.errors.capacity import OverLimit
from domain.fairness.estimates import QueuePlace
from domain.jobs import TERMINAL
from domain.keys import Caller, Scope, scope_of
from domain.links import LinkStatus, UploadLink
from domain.records import Job, JobFilter, JobState
from storage.catalog.jobs import Seen
from storage.clock import utc_now
from storage.errors import STORE_FAILED
from storage.settings import WorkRules
from storage.stores import Stores


class FollowJob:
    """Reads a job, at once or when it has ended, and lists jobs."""

    def __init__(
        self, stores: Stores, waiting: Waiting, estimates: Estimates, rules: WorkRules
    ) -> None:
        self._jobs = stores.jobs
        self._waiting = waiting
        self._estimates = estimates
        self._rules = rules

    async def wait(
        self, job_id: str, scope: Scope, seconds: float, caller: Caller | None = None
    ) -> tuple[Seen, QueuePlace]:
        """Read a job when it is terminal or the time is over.

        Raises:
            NotFound: There is no such job in the scope.
            JobExpired: The job is kept no longer.
            TooManyListeners: The caller's tenant may hold no more answers.
            ListenersFull: The process may hold no more answers.
        """
        seen = await self._waiting.until_done(job_id, scope, seconds, caller)
        return seen, await self._estimates.place_of(seen.job)

    async def accepted(self, state: JobState, seconds: float, caller: Caller) -> JobView:
        """Wait for a job that was just accepted, if the caller may hold one more answer.

        If the stores fail, it is shown as it was.
        """
        place, job = QueuePlace(0, None), state.job
        with suppress(*STORE_FAILED):
            if seconds and job.status not in TERMINAL:
                known = Seen(job, state.items)
                with suppress(OverLimit):
                    seen = await self._waiting.until_done(job.id, Scope(), seconds, caller, known)
                    return await self.view(seen)
            place = await self._estimates.place_of(job)
        return view_job(state, place, self._rules)

    def expect_view(self) -> None:
        """Begin to read what the view of a new job needs: its upload need not wait for that."""
        self._estimates.prefetch()

    async def prepare_view(self, job: Job) -> Callable[[JobState], JobView]:
        """Estimate the place of a job that is about to be accepted; return what shows it there."""
        place = QueuePlace(0, None)
        with suppress(*STORE_FAILED):
            place = await self._estimates.place_of(job)
        return lambda state: view_job(state, place, self._rules)

    async def read(self, job_id: str, scope: Scope) -> JobView:
        """Read a job with its items.

        Raises:
            NotFound: There is no such job in the scope.
            JobExpired: The job is kept no longer.
        """
        return await self.view(await self._jobs.look(job_id, scope))

    async def view(self, seen: Seen, place: QueuePlace | None = None) -> JobView:
        """Read what is not known of a job: its items, and its place in the queue."""
        job, items = seen.job, seen.items
        if items is None:
            items = (await self._jobs.items([job]))[job.id]
        place = place or await self._estimates.place_of(job)
        return view_job(JobState(job, items), place, self._rules)

    async def list_page(self, wanted: JobFilter, limit: int) -> Page[JobSummaryView]:
        """List jobs, newest first."""
        jobs = await self._jobs.list_page(wanted, limit + 1)
        return cut_page([view_summary(job) for job in jobs], limit, [job.id for job in jobs])


class ReadLinkUploads:
    """Reads links with their uploads."""

    def __init__(self, follow_job: FollowJob, settings: Settings) -> None:
        self._follow_job = follow_job
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
        wanted = JobFilter(scope_of(caller), before=cursor)
        page = await self._follow_job.list_page(wanted, limit)
        return view_link_uploads(link, now, self._default_gps, self._capabilities, page)
