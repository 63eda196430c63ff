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
from tasks.delivery.attempt import Attempter, Sent
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
        chosen, quiet_until = self._limits.choose(due, now)
        if chosen:
            since, more = await asyncio.gather(
                self._hold.since(), self._due.find_more(self._limits.more, now)
            )
            if since is not None:
                return None
            chosen += more
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
        try:
            sent = await self._send(claimed, envelope)
            if sent is None:  # The target failed meanwhile: others may have their turn.
                await self._queue.release(claimed, utc_now())
            else:
                await self._attempter.settle(claimed, sent)
        except STORE_FAILED as error:  # The lease expires.
            _log.warning("delivery_interrupted", reason=type(error).__name__)
        except Exception:  # A bad document must not end the process.
            _log.exception("delivery_failed")

    async def _send(self, claimed: ClaimedDelivery, envelope: Envelope) -> Sent | None:
        """Send a delivery when its target has a place; None if the target fails by then."""
        target = claimed.delivery.target
        places = self._limits.places(target)
        is_ahead = places.are_taken()
        async with places:
            if is_ahead and not self._limits.is_healthy(target):
                return None
            sent = await self._attempter.send(claimed, envelope)
            self._limits.record(target, sent.outcome, sent.answer.seconds)
        if not sent.outcome.is_delivered:
            self.wake()  # The target is quiet now, so the pause may have to be shorter.
        return sent

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
                    await self._queue.release_all(list(held.values()), utc_now())
            except STORE_FAILED as error:  # A TimeoutError is one of them.
                _log.warning("deliveries_not_released", reason=type(error).__name__)
