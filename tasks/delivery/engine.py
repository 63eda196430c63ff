"""The delivery loop: many targets side by side, few attempts at each.

Each search takes one delivery of every target, and then more for targets that are healthy, in
turns. So a target with a long queue delays no other one.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from storage.clock import utc_now
from storage.errors import STORE_FAILED
from storage.webhooks.delivery_queue import ClaimedDelivery, DeliveryQueue
from storage.webhooks.due_deliveries import DueDeliveries
from storage.webhooks.envelopes import Envelope
from storage.webhooks.hold import WebhookHold
from tasks.delivery.attempt import Attempter
from tasks.delivery.metrics import DeliveryMetrics
from tasks.delivery.settings import DeliverySettings
from tasks.delivery.target_limits import TargetLimits

RELEASE_SECONDS = 5.0
# A timer may be a little early, and the look that it is for must not be left out.
LOOK_SHARE = 0.9
LOST_PAUSE = timedelta(seconds=0.02)

_log = structlog.get_logger(__name__)


class Engine:
    """Sends due deliveries until stopped.

    Args:
        found_events: Called when there are events that are not announced yet.
    """

    def __init__(
        self,
        hold: WebhookHold,
        due: DueDeliveries,
        queue: DeliveryQueue,
        attempter: Attempter,
        settings: DeliverySettings,
        metrics: DeliveryMetrics,
        found_events: Callable[[], None],
    ) -> None:
        self._found_events = found_events
        self._look_at = 0.0
        self._hold = hold
        self._due = due
        self._queue = queue
        self._attempter = attempter
        self._settings = settings
        self._metrics = metrics
        self._limits = TargetLimits(settings.webhook_in_flight, settings.webhook_in_flight_each)
        self._tasks: dict[asyncio.Task[None], ClaimedDelivery] = {}
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Search at once: a delivery may be due."""
        self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Send until stopped, then wait for running attempts for the drain time."""
        sending = asyncio.create_task(self._send_until(stop))
        stopping = asyncio.create_task(stop.wait())
        stopping.add_done_callback(lambda _: self.wake())
        await sending
        stopping.cancel()
        await self._drain()

    async def _send_until(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            self._woken.clear()
            pause_seconds = self._settings.webhook_poll_seconds
            try:
                next_at = await self._send_due(utc_now())
            except STORE_FAILED as error:
                _log.warning("deliveries_not_seen", reason=type(error).__name__)
            except Exception:  # A bad document must not end the process.
                _log.exception("looking_for_deliveries_failed")
            else:
                if next_at is not None:
                    until = (next_at - utc_now()).total_seconds()
                    pause_seconds = min(pause_seconds, max(until, 0.0))
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_seconds):
                    await self._woken.wait()

    async def _send_due(self, now: datetime) -> datetime | None:
        """Begin an attempt at each target that may have one; return when to search again."""
        due = await self._due.find(now, with_events=self._is_look_due())
        if due.has_events:
            self._found_events()
        oldest = min((one.due_at for one in due.firsts), default=now)
        self._metrics.backlog.set((now - oldest).total_seconds())
        if due.firsts and await self._hold.since() is not None:
            return None
        chosen, quiet_until = self._limits.choose(due, now)
        chosen += await self._due.find_more(self._limits.more, now)
        claimed = await self._queue.claim(chosen, now)
        if claimed:
            self.wake()  # The same targets may have more.
            envelopes = await self._attempter.pack(claimed)
            for one in claimed:
                if envelope := envelopes.get(one.delivery.id):
                    self._begin(one, envelope)
        next_at = [at for at in (due.next_at, quiet_until) if at is not None]
        if chosen and not claimed:  # Another process was faster.
            next_at.append(now + LOST_PAUSE)
        return min(next_at, default=None)

    def _is_look_due(self) -> bool:
        """Say whether to look for events, too: once in a pause, however often it is woken."""
        now = asyncio.get_running_loop().time()
        if now < self._look_at:
            return False
        self._look_at = now + LOOK_SHARE * self._settings.webhook_poll_seconds
        return True

    def _begin(self, claimed: ClaimedDelivery, envelope: Envelope) -> None:
        self._limits.begin(claimed.delivery.target, claimed.delivery.key_id)
        task = asyncio.create_task(self._attempt(claimed, envelope))
        self._tasks[task] = claimed
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        if self._limits.end(self._tasks.pop(task).delivery.target):
            self.wake()

    async def _attempt(self, claimed: ClaimedDelivery, envelope: Envelope) -> None:
        target = claimed.delivery.target
        place = self._limits.place(target)
        is_ahead = place.locked()
        async with place:
            if is_ahead and not self._limits.is_healthy(target):
                await self._give_back(claimed)  # It failed meanwhile: others may have their turn.
            else:
                await self._attempt_now(claimed, envelope)

    async def _attempt_now(self, claimed: ClaimedDelivery, envelope: Envelope) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            outcome = await self._attempter.attempt(claimed, envelope)
        except STORE_FAILED as error:
            _log.warning("delivery_interrupted", reason=type(error).__name__)
        except Exception:  # A bad document must not end the process.
            _log.exception("delivery_failed")
        else:
            seconds = loop.time() - began
            self._limits.record(claimed.delivery.target, outcome, seconds)
            if not outcome.is_delivered:
                self.wake()  # The target is quiet now, so the pause may have to be shorter.

    async def _give_back(self, claimed: ClaimedDelivery) -> None:
        try:
            await self._queue.release([claimed], utc_now())
        except STORE_FAILED as error:  # The lease expires.
            _log.warning("deliveries_not_released", reason=type(error).__name__)

    async def _drain(self) -> None:
        """Wait for running attempts for the drain time, then release the rest."""
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
