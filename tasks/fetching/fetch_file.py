"""Fetches one file: redirects, further attempts, time limits."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from domain.errors.files import FetchFailed, FetchTimedOut
from domain.limits import UploadLimits
from storage.acceptance.file_intake import FileIntake
from storage.acceptance.uploads import RefusedFile, TakenFile
from storage.blobs.intake import BlobIntake
from storage.ledger.fetches import FetchedFile
from tasks.fetching.download import DownloadFailed, Downloads, host_of
from tasks.settings import FetchSettings

MOST_REDIRECTS = 3
PAUSES = (1.0, 4.0)
"""Seconds before the second and the third attempt."""


class FetchSlots:
    """Limits of the requests that run at the same time: in all, and to each host."""

    def __init__(self, most: int, most_each: int) -> None:
        self._all = asyncio.Semaphore(most)
        self._most_each = most_each
        self._of_host: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def take(self, host: str) -> AsyncIterator[None]:
        """Wait for a slot, and hold it for as long as the context lasts."""
        of_host = self._of_host.setdefault(host, asyncio.Semaphore(self._most_each))
        async with of_host, self._all:
            yield


class FileFetcher:
    """Fetches files into the store.

    Args:
        open_intake: Opens the intake for one attempt.
    """

    def __init__(
        self,
        downloads: Downloads,
        settings: FetchSettings,
        limits: UploadLimits,
        open_intake: Callable[[], BlobIntake],
    ) -> None:
        self._downloads = downloads
        self._slots = FetchSlots(settings.fetch_in_flight, settings.fetch_in_flight_each)
        self._seconds = settings.fetch_timeout_seconds
        self._limits = limits
        self._open_intake = open_intake

    async def fetch(self, file: FetchedFile) -> tuple[TakenFile, BlobIntake]:
        """Fetch a file; its bytes are in the intake, which is the caller's.

        All attempts together have the time of the settings. Waiting for a slot does not count.

        Raises:
            DownloadFailed: There is no file, or it is refused.
            PyMongoError: Its bytes could not be written.
        """
        left = _TimeLeft(self._seconds)
        for pause in (*PAUSES, None):
            intake = self._open_intake()
            try:
                return await self._attempt(file, intake, left), intake
            except DownloadFailed as failure:
                await intake.discard()
                if not failure.may_pass or pause is None:
                    raise
            except BaseException:
                await intake.discard()
                raise
            await asyncio.sleep(pause)
        raise AssertionError

    async def _attempt(self, file: FetchedFile, intake: BlobIntake, left: "_TimeLeft") -> TakenFile:
        target = file.url
        incoming = FileIntake(intake, file.index, file.filename, self._limits)

        async def take(data: bytes) -> bool:
            await incoming.take(data)
            return incoming.refused is None

        for _ in range(MOST_REDIRECTS + 1):
            async with self._slots.take(host_of(target)), left.spending():
                redirect = await self._downloads.get(target, take)
            if redirect is None:
                break
            target = redirect
        else:
            raise DownloadFailed(FetchFailed(f"There are more than {MOST_REDIRECTS} redirects."))
        ended = await incoming.end()
        if isinstance(ended, RefusedFile):
            raise DownloadFailed(ended.error)
        await intake.complete()
        return ended


class _TimeLeft:
    """The time that is left for a file."""

    def __init__(self, seconds: float) -> None:
        self._seconds = self._left = seconds

    @asynccontextmanager
    async def spending(self) -> AsyncIterator[None]:
        """Spend time for as long as the context lasts.

        Raises:
            DownloadFailed: Nothing is left.
        """
        began = time.monotonic()
        try:
            async with asyncio.timeout(max(0.0, self._left)) as limit:
                yield
        except TimeoutError as late:
            if not limit.expired():
                raise
            error = FetchTimedOut(f"The limit is {self._seconds:g} seconds.")
            raise DownloadFailed(error) from late
        finally:
            self._left -= time.monotonic() - began
