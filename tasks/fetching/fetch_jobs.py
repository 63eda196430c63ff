"""Fetches the files of jobs that name them by URLs.

A worker claims the URLs of one job at a time, and renews the claim while it fetches. Each file ends
in one write: it becomes an image of the job, or a refused file. What a killed worker leaves is due
again when its lease expires; its unfinished bytes are orphans that the sweeper removes.
"""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack, suppress
from functools import partial

import structlog

from domain.errors.access import WrongState
from domain.errors.capacity import BytesUnavailable
from domain.errors.files import FetchFailed
from domain.errors.requests import QuotaExceeded
from domain.records import ItemError
from storage.acceptance.uploads import TakenFile, Upload
from storage.blobs.intake import BlobIntake
from storage.errors import STORE_FAILED
from storage.ledger.fetches import ClaimedFetches, FetchedFile
from storage.stores import Stores
from storage.upkeep.due_work import Work
from tasks.fetching.download import DownloadFailed, Downloads
from tasks.fetching.fetch_file import FileFetcher
from tasks.guarded_client import GuardedClient
from tasks.settings import Settings

USER_AGENT = "Minilab-Fetch"
AGAIN_SECONDS = 0.5
# Before a file is fetched again that found the bucket away.
BUCKET_SECONDS = 5.0
# After this time a job waits in line again, behind the jobs of others.
TURN_SECONDS = 60.0
MOST_OF_JOB = 8
OWNER_SHARE = 4
"""An owner has at most this fraction of the jobs that a worker fetches for."""

BEGUN_TOO_OFTEN = ItemError(FetchFailed.code, "Fetching was begun too often, and never ended.")

_log = structlog.get_logger(__name__)


class Fetching:
    """Fetches for as many jobs at the same time as there are requests, at most.

    Attributes:
        woken: Set when there may be a job to fetch for.
    """

    def __init__(self, settings: Settings, stores: Stores) -> None:
        self.woken = asyncio.Event()
        self._stores = stores
        self._settings = settings
        self._most_jobs = settings.fetching.fetch_in_flight
        self._most_of_owner = max(1, self._most_jobs // OWNER_SHARE)
        self._of_owner: Counter[str] = Counter()
        self._jobs: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Fetch until cancelled; then give back the claims that are held."""
        async with AsyncExitStack() as stack:
            client = GuardedClient(self._settings.fetch_rules.networks, USER_AGENT)
            session = await stack.enter_async_context(client)
            fetcher = FileFetcher(
                Downloads(session, self._settings.fetch_rules),
                self._settings.fetching,
                self._settings.uploads,
                lambda: self._stores.open_intake(lambda: len(self._jobs)),
            )
            stack.push_async_callback(self._end)
            while True:
                self.woken.clear()
                try:
                    await self._claim(fetcher)
                except STORE_FAILED as error:
                    _log.warning("fetches_not_claimed", reason=type(error).__name__)
                    await asyncio.sleep(AGAIN_SECONDS)
                else:
                    await self.woken.wait()

    async def _claim(self, fetcher: FileFetcher) -> None:
        while len(self._jobs) < self._most_jobs:
            full = [owner for owner, n in self._of_owner.items() if n >= self._most_of_owner]
            claimed = await self._stores.fetches.claim(full)
            if claimed is None:
                return
            self._of_owner[claimed.owner] += 1
            job = asyncio.create_task(
                JobFetch(self._stores, self._settings, fetcher, claimed).run()
            )
            self._jobs.add(job)
            job.add_done_callback(partial(self._note_end, claimed.owner))

    def _note_end(self, owner: str, job: asyncio.Task[None]) -> None:
        self._jobs.discard(job)
        self._of_owner[owner] -= 1
        if not self._of_owner[owner]:
            del self._of_owner[owner]
        self.woken.set()  # Its place is free, and what is left of it waits in line again.

    async def _end(self) -> None:
        for job in self._jobs:
            job.cancel()
        if self._jobs:
            await asyncio.gather(*self._jobs, return_exceptions=True)
            await self._stores.job_events.publish_work(Work.FETCHES)
        await self._stores.acceptance.drain()


class JobFetch:
    """Fetches the claimed files of one job."""

    def __init__(
        self, stores: Stores, settings: Settings, fetcher: FileFetcher, claimed: ClaimedFetches
    ) -> None:
        self._stores = stores
        self._fetcher = fetcher
        self._claimed = claimed
        self._claim = claimed.claim
        self._log = _log.bind(job_id=claimed.claim.job_id)
        self._renew_seconds = settings.rules.lease_seconds / 3
        self._max_attempts = settings.rules.max_attempts
        self._turn_ends = asyncio.get_running_loop().time() + TURN_SECONDS
        self._places = asyncio.Semaphore(MOST_OF_JOB)

    async def run(self) -> None:
        """Fetch until all files have ended, the turn is over, or the claim is lost."""
        work = asyncio.create_task(self._fetch_all())
        renewing = asyncio.create_task(self._renew())
        count_attempt = True
        try:
            await asyncio.wait({work, renewing}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                await work
                count_attempt = False
        except asyncio.CancelledError:
            count_attempt = False
            raise
        except STORE_FAILED as error:
            self._log.warning("fetch_interrupted", reason=type(error).__name__)
            count_attempt = False
        except Exception:
            self._log.exception("fetch_failed_unexpectedly")
        finally:
            for task in (work, renewing):
                task.cancel()
            await asyncio.gather(work, renewing, return_exceptions=True)
            with suppress(*STORE_FAILED):  # The lease expires.
                await self._stores.fetches.release(self._claim, count_attempt=count_attempt)

    async def _fetch_all(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for file in self._claimed.files:
                    group.create_task(self._fetch(file))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None

    async def _fetch(self, file: FetchedFile) -> None:
        async with self._places:
            if asyncio.get_running_loop().time() > self._turn_ends:
                return
            if self._claimed.attempts > self._max_attempts:
                await self._refuse(file, BEGUN_TOO_OFTEN)
                return
            try:
                taken, intake = await self._fetcher.fetch(file)
            except DownloadFailed as failure:
                await self._refuse(file, failure.error)
            except BytesUnavailable:
                # The claim is held meanwhile, or the server of the file would be asked at once.
                await asyncio.sleep(BUCKET_SECONDS)
                raise
            else:
                await self._accept(taken, intake)

    async def _accept(self, taken: TakenFile, intake: BlobIntake) -> None:
        try:
            ticket = await self._stores.acceptance.accept(self._upload(taken, intake))
        except QuotaExceeded as refusal:
            error = ItemError(refusal.code, refusal.detail)
            await self._refuse(FetchedFile(taken.index, taken.filename, ""), error)
        except WrongState:
            self._log.info("fetch_lost")
        else:
            self._stores.hints.send_soon(ticket.hints)

    async def _refuse(self, file: FetchedFile, error: ItemError) -> None:
        self._log.info("file_not_fetched", index=file.index, reason=error.code)
        stores = self._stores
        if await stores.fetches.refuse(self._claim, file.index, file.filename, error):
            await stores.job_events.publish(await stores.ledger.settle(self._claim.job_id))

    def _upload(self, taken: TakenFile, intake: BlobIntake) -> Upload:
        job = self._claim.job
        return Upload(
            user_id=job["user_id"],
            key_id=job["key_id"],
            operations=tuple(job["operations"]),
            taken=[taken],
            refused=[],
            intake=intake,
            gps=self._claimed.gps,
            link_id=job["link_id"],
            quota=self._claimed.quota,
            claim=self._claim,
        )

    async def _renew(self) -> None:
        """Renew the claim until it is lost."""
        while True:
            await asyncio.sleep(self._renew_seconds)
            try:
                if not await self._stores.fetches.renew(self._claim):
                    return
            except STORE_FAILED as error:
                self._log.warning("lease_not_renewed", reason=type(error).__name__)
