"""Changes of jobs that clients ask for."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress

from api.jobs.follow import FollowJob
from api.schemas.jobs import JobView
from domain.audit import AuditAction, AuditEntry
from domain.dead_letters import DeadLetter
from domain.errors.access import Expired, NotFound, NothingToRetry
from domain.job_changes import JobChange
from domain.keys import Caller, Scope
from domain.marks import MarksChange
from domain.tenants import split_owner
from storage.access.audit import new_entry
from storage.ledger.retry import Reopened
from storage.stores import Stores
from storage.upkeep.due_work import Work

SETTLING_SECONDS = 2.0


class ChangeJobs:
    """Cancels and retries jobs, and starts deletions of users."""

    def __init__(self, stores: Stores, jobs: FollowJob) -> None:
        self._stores = stores
        self._jobs = jobs

    async def cancel(self, job_id: str, scope: Scope, caller: Caller) -> JobView:
        """Cancel what has not run, and keep what has. A terminal job stays as it is.

        Raises:
            NotFound: There is no such job in the scope.
            JobExpired: The job is kept no longer.
        """
        stores = self._stores
        job = await stores.jobs.get(job_id, scope)
        tenant, _ = split_owner(job.user_id)
        entry = new_entry(
            caller, AuditAction.JOB_CANCELED, job_id, tenant=tenant, status=job.status
        )
        if await stores.cancellation.cancel_job(job_id, entry):
            await stores.job_events.publish_cancel(job_id)
        await stores.job_events.publish(await stores.ledger.settle(job_id))
        # If another process settles the job at this moment, its end is visible a moment later.
        return await self._jobs.view(*await self._jobs.wait(job_id, scope, SETTLING_SECONDS))

    async def mark(self, job_id: str, scope: Scope, change: MarksChange) -> JobView:
        """Change the marks of a job, not those of its images.

        Raises:
            NotFound: There is no such job in the scope, or the job deletes a user.
            JobExpired: The job is kept no longer.
            InvalidValue: A value is not well formed, or there would be too many.
        """
        await self._stores.job_events.publish(
            await self._stores.change_marks.of_job(job_id, scope, change)
        )
        return await self._jobs.read(job_id, scope)

    async def retry(self, job_id: str, scope: Scope, caller: Caller) -> JobView:
        """Queue the failed operations of a job again, and only those.

        Raises:
            NotFound: There is no such job in the scope.
            JobExpired: The job is kept no longer.
            NothingToRetry: No operation of an image has failed.
        """
        tenant, _ = split_owner((await self._stores.jobs.get(job_id, scope)).user_id)
        entry = new_entry(caller, AuditAction.JOB_RETRIED, job_id, tenant=tenant)
        reopened = await self._stores.retry.reopen_job(job_id, entry)
        if not reopened.images:
            raise NothingToRetry("No image of this job has failed. Upload refused files again.")
        await self._announce(job_id, reopened)
        return await self._jobs.read(job_id, scope)

    async def retry_letters(self, letters: Sequence[DeadLetter], caller: Caller) -> int:
        """Queue the failed operations of dead letters again, and let equal bytes be tried.

        Returns how many images are queued; those whose operations no longer fail are not.
        """
        # First, so that the work that is queued again is not failed at once.
        await self._stores.poisons.forget([letter.sha256 for letter in letters])
        entries = letter_entries(caller, AuditAction.DEAD_LETTER_RETRIED, letters)
        ids_of_job: dict[str, list[str]] = defaultdict(list)
        for letter in letters:
            ids_of_job[letter.job_id].append(letter.image_id)
        retried = 0
        for job_id, ids in ids_of_job.items():
            reopened = await self._stores.retry.reopen_images(ids, entries)
            retried += reopened.images
            if reopened.images:
                with suppress(NotFound, Expired):  # An image can outlive its job.
                    await self._announce(job_id, reopened)
        return retried

    async def delete_user(self, user_id: str, caller: Caller) -> JobView:
        """Record the deletion of a user, with all images, jobs and webhooks; workers carry it out.

        Returns the job to follow; the open one if the same key has asked before.
        """
        tenant, named = split_owner(user_id)
        entry = new_entry(caller, AuditAction.USER_DELETED, named, tenant=tenant)
        job_id = await self._stores.user_deletion.request(user_id, caller, entry)
        self._stores.job_events.publish_work_soon(Work.DELETIONS)
        return await self._jobs.read(job_id, Scope())

    async def _announce(self, job_id: str, reopened: Reopened) -> None:
        self._stores.hints.send_soon(reopened.hints)
        job = await self._stores.jobs.get(job_id, Scope())
        await self._stores.job_events.publish(JobChange(job.id, job.version, job.status))


def letter_entries(
    caller: Caller, action: AuditAction, letters: Sequence[DeadLetter]
) -> dict[str, AuditEntry]:
    """Make the entry of each letter, by the ID of its image."""
    entries = {}
    for letter in letters:
        tenant, _ = split_owner(letter.user_id)
        entries[letter.image_id] = new_entry(caller, action, letter.image_id, tenant=tenant)
    return entries
