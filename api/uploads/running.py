"""The requests of this process that send bytes to resumable uploads, and their end by another."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

from domain.errors.access import UploadInterrupted

QUIET_SECONDS = 0.3
"""Bytes that are on their way come within this time."""
MOST_SECONDS = 2.0
"""How long a request may go on that another wants to end, and how long its end may take."""
PAUSE_SECONDS = 0.05
SAVED_SECONDS = 2.0
"""From one time that bytes are saved to the next: a client may send a few after each pause."""


class RunningRequest:
    """A request that sends bytes."""

    def __init__(self) -> None:
        self._limit = asyncio.timeout(None)
        self._heard_at = asyncio.get_running_loop().time()
        self._ended = asyncio.Event()

    @property
    def quiet_seconds(self) -> float:
        """How long no byte has come."""
        return asyncio.get_running_loop().time() - self._heard_at

    def heard(self) -> None:
        """Note that bytes have come."""
        self._heard_at = asyncio.get_running_loop().time()

    def end(self) -> None:
        """Note that it has ended."""
        self._ended.set()

    async def has_ended(self, seconds: float) -> bool:
        """Wait for its end, for at most some seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ended.wait()
        return self._ended.is_set()

    def interrupt(self) -> None:
        """End it where it waits, within :meth:`interruptible`."""
        with suppress(RuntimeError):  # It does no longer, or not yet.
            self._limit.reschedule(asyncio.get_running_loop().time())

    @asynccontextmanager
    async def interruptible(self, save: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
        """Receive bytes, which are saved whenever no more of them come for a moment.

        A phone that lost its network says nothing, and asks another process of the API where it
        can go on.

        Raises:
            UploadInterrupted: Another request goes on with the upload.
        """
        saving = asyncio.create_task(self._save_when_quiet(save))
        try:
            async with self._limit:
                yield
        except TimeoutError as error:
            if self._limit.expired():
                raise UploadInterrupted(
                    "Ask for the offset by HEAD, and go on from there."
                ) from error
            raise
        finally:
            saving.cancel()
            with suppress(asyncio.CancelledError):
                await saving

    async def _save_when_quiet(self, save: Callable[[], Awaitable[None]]) -> None:
        try:
            while True:
                await asyncio.sleep(max(PAUSE_SECONDS, QUIET_SECONDS - self.quiet_seconds))
                if self.quiet_seconds >= QUIET_SECONDS:
                    await save()
                    await asyncio.sleep(SAVED_SECONDS)
        except Exception:
            self.interrupt()
            raise


class RunningRequests:
    """Knows the request that sends bytes to an upload, if this process has one."""

    def __init__(self) -> None:
        self._running: dict[tuple[str, str], RunningRequest] = {}

    @contextmanager
    def one(self, owner: str, upload_id: str) -> Iterator[RunningRequest]:
        """Make a request known for as long as the context lasts."""
        request = self._running[owner, upload_id] = RunningRequest()
        try:
            yield request
        finally:
            request.end()
            if self._running.get((owner, upload_id)) is request:
                del self._running[owner, upload_id]

    async def end(self, owner: str, upload_id: str) -> None:
        """End the request for an upload: what has reached this machine is taken in before."""
        request = self._running.get((owner, upload_id))
        if request is None:
            return
        latest = asyncio.get_running_loop().time() + MOST_SECONDS
        while (quiet := request.quiet_seconds) < QUIET_SECONDS:
            left = latest - asyncio.get_running_loop().time()
            if left <= 0 or await request.has_ended(min(left, QUIET_SECONDS - quiet)):
                break
        request.interrupt()
        await request.has_ended(MOST_SECONDS)
