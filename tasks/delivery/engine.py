"""Keeps the attempts going: many targets side by side, few attempts at each.

Each look takes one delivery of every target that may be sent something, of those first to which the
fewest attempts are under way: targets move on alike, however much is queued for one of them. A
failure halves how many a target may have, and an arrival adds one: a receiver that fails now and
then goes on at its pace, and one that always fails comes down to one attempt at a time. All those
together take half of the slots at most: receivers that hang cannot take up what others need.
"""

import asyncio
from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta

import structlog
from cachetools import TTLCache

from storage.clock import utc_now
from storage.errors import STORE_FAILED
from storage.webhooks.delivery_queue import ClaimedDelivery, DeliveryQueue, Due
from storage.webhooks.envelopes import Envelope
from tasks.delivery.attempt import Attempter, Outcome
from tasks.delivery.metrics import DeliveryMetrics
from tasks.delivery.settings import DeliverySettings

RELEASE_SECONDS = 5.0
# What failed longer ago, or before this many others, is found out anew.
FAILING_SECONDS = 3600.0
MOST_FAILING = 100_000
# One that fails at once is not to keep the process busy.
FAILED_PAUSE = timedelta(seconds=0.02)

_log = structlog.get_logger(__name__)


class Engine:
    """Sends what is due, until told to stop.

    Args:
        queue: What is due.
        attempter: Makes the attempts.
        settings: How many at a time.
        metrics: Count.
    """

    def __init__(
        self,
        queue: DeliveryQueue,
        attempter: Attempter,
        settings: DeliverySettings,
        metrics: DeliveryMetrics,
    ) -> None:
        self._queue = queue
        self._attempter = attempter
        self._settings = settings
        self._metrics = metrics
        self._running: Counter[str] = Counter()
        self._tasks: dict[asyncio.Task[None], ClaimedDelivery] = {}
        self._fewer: TTLCache[str, int] = TTLCache(MOST_FAILING, FAILING_SECONDS)
        """How many attempts at a time targets may have that have failed lately."""
        self._quiet: TTLCache[str, datetime] = TTLCache(MOST_FAILING, FAILING_SECONDS)
        self._is_full = False
        self._crowded: set[str] = set()
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look at once: something may be due."""
        self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Send until told to stop, then let what is under way end in its time."""
        looking = asyncio.create_task(self._look_on(stop))
        stopping = asyncio.create_task(stop.wait())
        stopping.add_done_callback(lambda _: self.wake())
        await looking
        stopping.cancel()
        await self._drain()

    async def _look_on(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            self._woken.clear()
            pause_seconds = self._settings.webhook_poll_seconds
            try:
                next_at = await self._look(utc_now())
            except STORE_FAILED as error:
                _log.warning("deliveries_not_seen", reason=type(error).__name__)
            except Exception:  # One bad document must not end what all others depend on.
                _log.exception("looking_for_deliveries_failed")
            else:
                if next_at is not None:
                    until = (next_at - utc_now()).total_seconds()
                    pause_seconds = min(pause_seconds, max(until, 0.0))
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_seconds):
                    await self._woken.wait()

    async def _look(self, now: datetime) -> datetime | None:
        """Begin one more attempt at each target that may have one; say when to look again."""
        due = await self._queue.find_due(now)
        self._metrics.looked(min((one.due_at for one in due.firsts), default=None), now)
        chosen, rested_at = self._choose(due, now)
        claimed = await self._queue.claim(chosen, now)
        if claimed:
            self.wake()  # There may be more for the same targets.
            envelopes = await self._attempter.pack(claimed)
            for one in claimed:
                if envelope := envelopes.get(one.delivery.id):
                    self._begin(one, envelope)
        return min((at for at in (due.next_at, rested_at) if at is not None), default=None)

    def _choose(self, due: Due, now: datetime) -> tuple[list[str], datetime | None]:
        """Choose whom to send to, and remember whose end makes room for whom was left out.

        Returns:
            Deliveries, and when the first of those that are to be left alone no longer is.
        """
        free = self._settings.webhook_in_flight - len(self._tasks)
        of_failing = sum(count for one, count in self._running.items() if self._is_failing(one))
        free_of_failing = (self._settings.webhook_in_flight + 1) // 2 - of_failing
        self._is_full, self._crowded = False, set()
        chosen: list[str] = []
        rested: list[datetime] = []
        for one in sorted(due.firsts, key=lambda one: (self._running[one.target], one.due_at)):
            if one.is_failing:  # That may be what another process found.
                self._fewer.setdefault(one.target, 1)
            is_failing = self._is_failing(one.target)
            if (quiet_until := self._quiet.get(one.target, now)) > now:
                rested.append(quiet_until)
                continue
            if self._running[one.target] >= self._most(one.target):
                self._crowded.add(one.target)
            elif len(chosen) >= free or (is_failing and free_of_failing <= 0):
                self._is_full = True
            else:
                free_of_failing -= is_failing
                chosen.append(one.id)
        return chosen, min(rested, default=None)

    def _most(self, target: str) -> int:
        return self._fewer.get(target, self._settings.webhook_in_flight_each)

    def _is_failing(self, target: str) -> bool:
        return self._fewer.get(target) == 1

    def _begin(self, claimed: ClaimedDelivery, envelope: Envelope) -> None:
        self._running[claimed.delivery.target] += 1
        task = asyncio.create_task(self._run(claimed, envelope))
        self._tasks[task] = claimed
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        target = self._tasks.pop(task).delivery.target
        self._running[target] -= 1
        if not self._running[target]:
            del self._running[target]
        if self._is_full or target in self._crowded:
            self.wake()

    async def _run(self, claimed: ClaimedDelivery, envelope: Envelope) -> None:
        try:
            outcome = await self._attempter.attempt(claimed, envelope)
        except STORE_FAILED as error:
            _log.warning("delivery_interrupted", reason=type(error).__name__)
        except Exception:  # One bad document must not end what all others depend on.
            _log.exception("delivery_failed")
        else:
            self._remember(claimed.delivery.target, outcome)

    def _remember(self, target: str, outcome: Outcome) -> None:
        most = self._most(target)
        if not outcome.is_well:
            self._fewer[target] = max(1, most // 2)
            self._quiet[target] = outcome.quiet_until or utc_now() + FAILED_PAUSE
            self.wake()  # To find out how long there is nothing to do.
        elif most + 1 < self._settings.webhook_in_flight_each:
            self._fewer[target] = most + 1
        else:
            self._fewer.pop(target, None)

    async def _drain(self) -> None:
        """Let attempts end in their time, then break off the rest, for others to make again."""
        if self._tasks:
            _log.info("draining", attempts=len(self._tasks))
            await asyncio.wait(self._tasks, timeout=self._settings.webhook_drain_seconds)
        held = dict(self._tasks)
        for task in held:
            task.cancel()
        if held:
            await asyncio.wait(held)
            try:
                async with asyncio.timeout(RELEASE_SECONDS):
                    await self._queue.release(list(held.values()), utc_now())
            except STORE_FAILED as error:  # A TimeoutError is one of them.
                _log.warning("deliveries_not_released", reason=type(error).__name__)
