"""Lists, reads, retries and discards dead letters."""

from collections.abc import Sequence

import msgspec

from api.http.bodies import Rules
from api.jobs.changes import ChangeJobs, letter_entries
from api.jobs.follow import FollowJob
from api.schemas.dead_letters import (
    MAX_CHOSEN,
    ChosenDeadLetters,
    DeadLetterCode,
    DeadLetterView,
    DiscardedView,
    RetriedView,
    view_dead_letter,
)
from api.schemas.jobs import JobView
from api.schemas.views import Page, cut_page
from domain.audit import AuditAction
from domain.dead_letters import DeadLetter, DeadLetterFilter
from domain.errors.access import NotFound
from domain.keys import Caller, Scope
from domain.tenants import owner_id
from storage.clock import utc_now
from storage.stores import Stores


class ManageDeadLetters:
    """Lists, reads, retries and discards dead letters. Images of discarded ones stay failed."""

    def __init__(self, stores: Stores, change_jobs: ChangeJobs, follow_job: FollowJob) -> None:
        self._letters = stores.dead_letters
        self._jobs = stores.jobs
        self._change_jobs = change_jobs
        self._follow_job = follow_job

    async def list_page(
        self,
        owner: str | None,
        code: DeadLetterCode | None,
        job_id: str | None,
        limit: int,
        cursor: str | None,
    ) -> Page[DeadLetterView]:
        """List dead letters that match all filters, newest image first."""
        wanted = DeadLetterFilter(owner, code, job_id, before=cursor)
        letters = await self._letters.list_page(wanted, limit + 1)
        ids = [letter.image_id for letter in letters]
        return cut_page([view_dead_letter(letter) for letter in letters], limit, ids)

    async def read(self, image_id: str) -> DeadLetterView:
        """Read a dead letter.

        Raises:
            NotFound: The image is not a dead letter.
        """
        return view_dead_letter(await self._letters.get(image_id))

    async def retry(self, caller: Caller, image_id: str) -> JobView:
        """Retry one dead letter, whose job is then open again.

        Raises:
            NotFound: The image is not a dead letter.
            JobExpired: The job has expired.
        """
        letter = await self._letters.get(image_id)
        await self._jobs.get(letter.job_id, Scope())
        if not await self._change_jobs.retry_letters([letter], caller):
            raise NotFound
        return await self._follow_job.read(letter.job_id, Scope())

    async def retry_many(self, caller: Caller, chosen: ChosenDeadLetters) -> RetriedView:
        """Retry up to 1,000 dead letters.

        Raises:
            InvalidValue: The request has both or neither of IDs and a filter.
        """
        wanted, letters = await self._choose(chosen)
        retried = await self._change_jobs.retry_letters(letters, caller)
        return RetriedView(retried, *await self._count_rest(wanted, letters, retried))

    async def discard(self, caller: Caller, image_id: str) -> None:
        """Discard one dead letter.

        Raises:
            NotFound: The image is not a dead letter.
        """
        letter = await self._letters.get(image_id)
        entries = letter_entries(caller, AuditAction.DEAD_LETTER_DISCARDED, [letter])
        if not await self._letters.discard(entries):
            raise NotFound

    async def discard_many(self, caller: Caller, chosen: ChosenDeadLetters) -> DiscardedView:
        """Discard up to 1,000 dead letters.

        Raises:
            InvalidValue: The request has both or neither of IDs and a filter.
        """
        wanted, letters = await self._choose(chosen)
        entries = letter_entries(caller, AuditAction.DEAD_LETTER_DISCARDED, letters)
        discarded = await self._letters.discard(entries)
        return DiscardedView(discarded, *await self._count_rest(wanted, letters, discarded))

    async def _choose(self, chosen: ChosenDeadLetters) -> tuple[DeadLetterFilter, list[DeadLetter]]:
        chosen.check(Rules(utc_now()))
        if chosen.filter is None:
            wanted = DeadLetterFilter(ids=chosen.ids)
        else:
            named = msgspec.structs.asdict(chosen.filter)
            tenant, user_id = named.pop("tenant"), named.pop("user_id")
            owner = None if user_id is None else owner_id(tenant, user_id)
            wanted = DeadLetterFilter(user_id=owner, **named)
        return wanted, await self._letters.list_page(wanted, MAX_CHOSEN)

    async def _count_rest(
        self, wanted: DeadLetterFilter, letters: Sequence[DeadLetter], done: int
    ) -> tuple[int, int]:
        """Count the letters that were skipped, and those that match the filter but are left."""
        if wanted.ids is not None:
            return len(set(wanted.ids)) - done, 0
        return len(letters) - done, await self._letters.count(wanted)
