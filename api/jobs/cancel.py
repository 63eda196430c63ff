"""Cancels jobs."""

from api.jobs.follow import FollowJob
from api.jobs.waiting import Waiting
from api.schemas.jobs import JobView
from domain.keys import Scope
from storage.stores import Stores

SETTLING_SECONDS = 2.0


class CancelJob:
    """Cancels what has not run of a job."""

    def __init__(self, stores: Stores, waiting: Waiting, jobs: FollowJob) -> None:
        self._stores = stores
        self._waiting = waiting
        self._jobs = jobs

    async def cancel(self, job_id: str, scope: Scope) -> JobView:
        """Cancel what has not run, and keep what has. A terminal job stays as it is.

        Raises:
            NotFound: There is no such job in the scope.
            JobExpired: The job is kept no longer.
        """
        stores = self._stores
        await stores.jobs.get(job_id, scope)
        if await stores.cancellation.cancel_job(job_id):
            await stores.job_events.publish_cancel(job_id)
        await stores.job_events.publish(await stores.ledger.settle(job_id))
        # If another process settles the job at this moment, its end is visible a moment later.
        job = await self._waiting.until_done(job_id, scope, SETTLING_SECONDS)
        return await self._jobs.view(job)
