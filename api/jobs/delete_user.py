"""Deletes a user with all images, jobs and webhooks."""

from api.jobs.estimates import Estimates
from api.schemas.jobs import JobView, view_job
from domain.keys import Caller, Scope
from domain.records import JobState
from storage.settings import WorkRules
from storage.stores import Stores


class DeleteUser:
    """Starts deletions of users."""

    def __init__(self, stores: Stores, estimates: Estimates, rules: WorkRules) -> None:
        self._stores = stores
        self._estimates = estimates
        self._rules = rules

    async def delete(self, user_id: str, caller: Caller) -> JobView:
        """Record a deletion, which workers then carry out.

        Returns:
            The job to follow; the open one if the same key has asked before.
        """
        job_id = await self._stores.user_deletion.request(user_id, caller)
        job = await self._stores.jobs.get(job_id, Scope())
        place = await self._estimates.place_of(job)
        return view_job(JobState(job, []), place, self._rules)
