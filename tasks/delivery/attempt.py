"""One attempt at one delivery: what is sent, what came of it, and what follows from that."""

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import structlog

from domain.errors.capacity import WebhooksNotSetUp
from domain.webhooks.deliveries import Attempt, DeliveryStatus
from domain.webhooks.endpoints import DisabledReason
from domain.webhooks.schedule import (
    Verdict,
    has_failed_too_long,
    judge,
    next_attempt,
    quiet_until,
    read_delays,
    read_retry_after,
)
from domain.webhooks.signing import signed_headers
from storage.clock import utc_now
from storage.errors import STORE_FAILED
from storage.webhooks.delivery_queue import ClaimedDelivery, DeliveryQueue
from storage.webhooks.endpoints import Endpoints
from storage.webhooks.envelopes import Envelope, Envelopes
from tasks.delivery.metrics import DeliveryMetrics
from tasks.delivery.sender import Answer, Sender
from tasks.delivery.settings import DeliverySettings

NOT_SET_UP_PAUSE = timedelta(minutes=1)
RECORD_PAUSE_SECONDS = 0.5

_log = structlog.get_logger(__name__)


class Outcome(msgspec.Struct, frozen=True):
    """What an attempt says of its receiver.

    Attributes:
        is_well: Whether it took what it was sent.
        quiet_until: Until when it is left alone; None where it did not ask for that.
    """

    is_well: bool
    quiet_until: datetime | None = None


class Attempter:
    """Makes attempts.

    Args:
        queue: Takes down what came of them.
        envelopes: Knows what is sent.
        endpoints: Disables those that are gone.
        sender: Sends.
        settings: When an attempt is followed by another.
        metrics: Count.
    """

    def __init__(
        self,
        queue: DeliveryQueue,
        envelopes: Envelopes,
        endpoints: Endpoints,
        sender: Sender,
        settings: DeliverySettings,
        metrics: DeliveryMetrics,
    ) -> None:
        self._queue = queue
        self._envelopes = envelopes
        self._endpoints = endpoints
        self._sender = sender
        self._delays = read_delays(settings.webhook_retry_seconds)
        self._disable_seconds = settings.webhook_disable_seconds
        self._metrics = metrics

    async def pack(self, claimed: Sequence[ClaimedDelivery]) -> dict[str, Envelope]:
        """Say what to send, by delivery; what cannot be sent is given back.

        Raises:
            PyMongoError: MongoDB cannot be reached; they are due again when their lease ends.
        """
        try:
            envelopes = await self._envelopes.pack([one.delivery for one in claimed])
        except WebhooksNotSetUp as error:
            if len(claimed) > 1:  # The others can perhaps be read.
                parts = [await self.pack([one]) for one in claimed]
                return {name: envelope for part in parts for name, envelope in part.items()}
            _log.error("secret_not_readable", delivery_id=claimed[0].delivery.id, reason=str(error))
            await self._queue.postpone(claimed[0], utc_now() + NOT_SET_UP_PAUSE)
            return {}
        for one in claimed:
            if one.delivery.id not in envelopes:
                await self._queue.cancel(one, utc_now())
        return envelopes

    async def attempt(self, claimed: ClaimedDelivery, envelope: Envelope) -> Outcome:
        """Attempt a delivery once.

        Args:
            claimed: The delivery.
            envelope: What to send.

        Returns:
            What it says of its receiver.

        Raises:
            PyMongoError: MongoDB cannot be reached; the delivery is due again when its lease ends.
        """
        delivery = claimed.delivery
        at = utc_now()
        answer = await self._send(envelope, at)
        verdict = judge(answer.status_code)
        outcome = answer.error or verdict.value
        self._metrics.attempted(outcome, answer.seconds)
        _log.info(
            "webhook_attempted",
            event_id=delivery.event_id,
            endpoint_id=delivery.endpoint_id,
            attempt=delivery.attempt_count + 1,
            outcome=outcome,
            status_code=answer.status_code,
            seconds=round(answer.seconds, 3),
        )
        now = utc_now()
        quiet = None
        if verdict is Verdict.SLOW_DOWN:
            quiet = quiet_until(read_retry_after(answer.retry_after, now), now)
        await self._record(claimed, answer, at, verdict, quiet)
        if delivery.endpoint_id is not None:
            await self._look_after(delivery.endpoint_id, verdict, at, quiet)
        if verdict is Verdict.DELIVERED:
            self._metrics.arrived(delivery.created_at, now)
        return Outcome(verdict is Verdict.DELIVERED, quiet)

    async def _send(self, envelope: Envelope, at: datetime) -> Answer:
        headers = signed_headers(envelope.event_id, at, envelope.body, envelope.secrets)
        with self._metrics.in_flight.track_inprogress():
            return await self._sender.send(envelope.url, envelope.body, headers)

    async def _record(
        self,
        claimed: ClaimedDelivery,
        answer: Answer,
        at: datetime,
        verdict: Verdict,
        quiet: datetime | None,
    ) -> None:
        """Take it down, trying while the lease lasts: forgotten, it would be sent again."""
        attempt = Attempt(
            number=claimed.delivery.attempt_count + 1,
            at=at,
            status_code=answer.status_code,
            seconds=answer.seconds,
            answer=answer.text,
            error=answer.error if verdict is not Verdict.DELIVERED else None,
        )
        status, due_at = self._follow(attempt.number, verdict, quiet)
        while True:
            try:
                if not await self._queue.record(claimed, attempt, status, due_at):
                    _log.warning("attempt_not_recorded", delivery_id=claimed.delivery.id)
            except STORE_FAILED:
                if utc_now() > claimed.expires_at:
                    raise
                await asyncio.sleep(RECORD_PAUSE_SECONDS)
            else:
                return

    def _follow(
        self, attempts: int, verdict: Verdict, quiet: datetime | None
    ) -> tuple[DeliveryStatus, datetime | None]:
        """Say what follows an attempt: where the delivery stands, and when the next one is due."""
        if verdict is Verdict.DELIVERED:
            return DeliveryStatus.DELIVERED, None
        due_at = None
        if verdict is not Verdict.GONE:
            spread = random.random()  # noqa: S311 -- spreads load, protects nothing
            due_at = next_attempt(attempts, utc_now(), spread, self._delays)
        if due_at is None:
            return DeliveryStatus.FAILED, None
        return DeliveryStatus.PENDING, max(due_at, quiet) if quiet else due_at

    async def _look_after(
        self, endpoint_id: str, verdict: Verdict, at: datetime, quiet: datetime | None
    ) -> None:
        """Take down how the endpoint is, and disable it where it is gone or fails too long."""
        if verdict is Verdict.DELIVERED:
            await self._queue.arrived(endpoint_id)
            return
        failing_since = await self._queue.failed(endpoint_id, at, quiet)
        reason = None
        if verdict is Verdict.GONE:
            reason = DisabledReason.GONE
        elif failing_since and has_failed_too_long(failing_since, at, self._disable_seconds):
            reason = DisabledReason.FAILING
        if reason and await self._endpoints.disable(endpoint_id, reason):
            self._metrics.disabled(reason.value)
            _log.warning("webhook_disabled", endpoint_id=endpoint_id, reason=reason.value)
