"""Runs groups of images in child processes; after a crash, tries each suspect alone."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import structlog

from domain.errors.base import ServiceError
from domain.errors.capacity import NoChild
from domain.errors.files import DecoderDied, DecodeTimedOut, OperationFailed
from domain.images.process_on_two import PROCESSORS
from domain.jobs import group_for_children
from domain.limits import ImageLimits
from domain.records import ItemError
from sandbox.pool import START_SECONDS, ChildPool
from storage.clock import utc_now
from tasks.images.head_starts import HeadStarts
from tasks.images.image_batch import BatchItem, Crash, Outcome, process_batch
from tasks.images.shared_calls import MOST_BYTES, CallFailed, SharedCalls

# Outcomes are written together, but not later than this.
KEEP_SECONDS = 1.0
# The time limit of a group is shorter than that of a single image, because its other images wait.
GROUP_SECONDS = 10.0
# The child checks its time between two steps; the parent kills a child that exceeds it.
GRACE_SECONDS = 1.0

# The longest that handing over a small image takes.
CALL_SECONDS = 0.05

Keep = Callable[[Sequence[Outcome]], Awaitable[None]]

_log = structlog.get_logger(__name__)


class Suspect(msgspec.Struct, eq=False):
    """An item that may be poison.

    Attributes:
        deaths: Number of children that it has certainly crashed.
        crashes: All failed tries, those in a group included.
        seconds: Time of the tries alone.
    """

    item: BatchItem
    deaths: int = 0
    crashes: tuple[Crash, ...] = ()
    seconds: float = 0.0


class ImageProcesses:
    """Processes blobs in child processes, some of which may crash or stall.

    Attributes:
        head_starts: Images whose results are computed before they are claimed.

    Args:
        pool: The child processes.
        limits: Limits of one image.
        group_images: Most images in one call to a child.
        max_crashes: Crashes of its child after which an item fails.
    """

    def __init__(
        self, pool: ChildPool, limits: ImageLimits, group_images: int, max_crashes: int
    ) -> None:
        self._pool = pool
        self._limits = limits
        self._group_images = group_images
        self._max_crashes = max_crashes
        self._shared = SharedCalls(self._call, pool.children, group_images)
        # Suspects use one child at a time; all other items have the rest.
        self._quarantine = asyncio.Semaphore(1)
        self._images = 0
        self.head_starts = HeadStarts(self._call_child, lambda: self.are_idle)

    @property
    def are_idle(self) -> bool:
        """Whether no image is processed or waits; a single one may then use two processors."""
        return self._pool.children >= PROCESSORS and not self._images

    async def run(
        self, items: Sequence[BatchItem], suspects: Sequence[BatchItem], keep: Keep
    ) -> None:
        """Process items until each has an outcome, suspects alone and the others in groups.

        `keep` receives each outcome once, soon after it exists.

        Raises:
            NoChild: No child can be started now; the items without an outcome are not the reason.
        """
        images = len(items) + len(suspects)
        self._images += images
        try:
            await self._run(items, suspects, keep)
        finally:
            self._images -= images

    async def _run(
        self, items: Sequence[BatchItem], suspects: Sequence[BatchItem], keep: Keep
    ) -> None:
        waiting = [Suspect(item) for item in suspects]
        waiting += await self._run_groups(items, keep)
        while waiting:
            # The fewest crashes first, so that harmless items do not wait for harmful ones.
            suspect = min(waiting, key=lambda waits: waits.deaths)
            async with self._quarantine:
                # The successor of a dead child takes its place while it starts.
                await self._pool.settle(START_SECONDS)
                outcome = await self._try_alone(suspect)
            if outcome is not None:
                waiting.remove(suspect)
                await keep([outcome])

    async def _run_groups(self, items: Sequence[BatchItem], keep: Keep) -> list[Suspect]:
        """Process groups in parallel. Returns the items of groups whose child died."""
        found: list[Outcome] = []
        suspects: list[Suspect] = []
        # Large images are processed one by one.
        size_bytes = sum(len(item.data) for item in items)
        most = max(1, min(self._group_images, MOST_BYTES * len(items) // max(1, size_bytes)))
        groups = group_for_children(len(items), self._pool.children, most)
        running = {
            asyncio.create_task(self._run_group(items[part], found, suspects)) for part in groups
        }
        pending = running
        try:
            while pending:
                done, pending = await asyncio.wait(pending, timeout=KEEP_SECONDS)
                if found:
                    ready, found[:] = list(found), []
                    await keep(ready)
                for task in done:
                    task.result()
        finally:
            for task in pending:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        return suspects

    async def _run_group(
        self, group: Sequence[BatchItem], found: list[Outcome], suspects: list[Suspect]
    ) -> None:
        left, began = group, time.monotonic()
        try:
            while left:
                outcomes = await self._shared.run(left)
                found += outcomes
                left = left[len(outcomes) :]
        except CallFailed as failed:
            if isinstance(failed.error, NoChild):
                raise failed.error from failed
            reason = _log_failure(failed.error, images=failed.images)
            crashes = (Crash(utc_now(), reason.code),)
            if failed.images > 1:
                suspects += [Suspect(item, crashes=crashes) for item in left]
                return
            suspect = Suspect(left[0], 1, crashes, time.monotonic() - began)
            if (outcome := self._end(suspect, reason)) is not None:
                found.append(outcome)
            else:
                suspects.append(suspect)

    async def _try_alone(self, suspect: Suspect) -> Outcome | None:
        """Try a suspect once. Returns None if it must be tried again."""
        item, began = suspect.item, time.monotonic()
        try:
            (outcome,) = await self._call([item])
        except NoChild:
            raise
        except Exception as error:
            suspect.seconds += time.monotonic() - began
            suspect.deaths += 1
            reason = _log_failure(error, sha256=item.sha256, crash=suspect.deaths)
            suspect.crashes += (Crash(utc_now(), reason.code),)
            return self._end(suspect, reason)
        return msgspec.structs.replace(outcome, crashes=suspect.crashes)

    def _end(self, suspect: Suspect, reason: ServiceError) -> Outcome | None:
        """Return the outcome of a suspect that has no tries left; None if it has."""
        if isinstance(reason, DecoderDied) and suspect.deaths < self._max_crashes:
            return None
        error = ItemError(reason.code, reason.detail)
        seconds = suspect.seconds
        return Outcome(suspect.item.sha256, error=error, crashes=suspect.crashes, seconds=seconds)

    async def _call(self, items: Sequence[BatchItem]) -> list[Outcome]:
        seconds = self._limits.max_seconds
        if len(items) > 1:
            seconds = min(seconds, GROUP_SECONDS)
        elif (early := await self.head_starts.take(items[0])) is not None:
            return [early]
        return await self._call_child(items, seconds)

    async def _call_child(self, items: Sequence[BatchItem], seconds: float) -> list[Outcome]:
        # A head start leaves a processor to the acceptance.
        on_two = self._images == 1 and self._pool.children >= PROCESSORS
        began = time.monotonic()
        outcomes = await self._pool.run(
            process_batch, items, self._limits, on_two, seconds=seconds + GRACE_SECONDS
        )
        return _share_time(outcomes, time.monotonic() - began)


def _share_time(outcomes: Sequence[Outcome], seconds: float) -> list[Outcome]:
    """Share the time of a call among its images: the steps of each, and of the rest a part."""
    own = [sum(step.seconds for step in outcome.steps) for outcome in outcomes]
    rest = max(0.0, seconds - sum(own)) / max(1, len(outcomes))
    return [
        # A call may have waited for its child to start.
        msgspec.structs.replace(outcome, seconds=of + min(rest, CALL_SECONDS + of / 2))
        for outcome, of in zip(outcomes, own, strict=True)
    ]


def _log_failure(error: Exception, **about: object) -> ServiceError:
    """Log a failed try, and return the error that is shown for it."""
    if isinstance(error, DecoderDied | DecodeTimedOut):
        _log.warning("child_ended", reason=error.code, **about)
        return error
    _log.error("child_failed", exc_info=error, **about)
    return OperationFailed()
