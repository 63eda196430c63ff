"""One attempt at a delivery: the request, its answer, and the consequences."""

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import structlog

from domain.errors.capacity import WebhooksNotSetUp
from domain.webhooks.deliveries import DeliveryAttempt, DeliveryStatus
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
from storage.webhooks.endpoint_health import EndpointHealth
from storage.webhooks.envelopes import Envelope, Envelopes
from storage.webhooks.targets import Targets
from tasks.delivery.metrics import DeliveryMetrics
from tasks.delivery.sender import Answer, Sender
from tasks.delivery.settings import DeliverySettings
from tasks.delivery.target_limits import Outcome

NOT_SET_UP_PAUSE = timedelta(minutes=1)
RECORD_PAUSE_SECONDS = 0.5

_log = structlog.get_logger(__name__)


class Sent(msgspec.Struct, frozen=True):
    """An attempt that was made and is not recorded yet.

    Attributes:
        at: When it began, UTC.
        answer: What came back.
        verdict: What that means.
        quiet_until: Until when the receiver asked for no requests, UTC; None if it did not.
    """

    at: datetime
    answer: Answer
    verdict: Verdict
    quiet_until: datetime | None

    @property
    def outcome(self) -> Outcome:
        """The result as it concerns the target."""
        return Outcome(self.verdict is Verdict.DELIVERED, self.quiet_until)


class Attempter:
    """Makes attempts."""

    def __init__(
        self,
        queue: DeliveryQueue,
        envelopes: Envelopes,
        health: EndpointHealth,
        targets: Targets,
        sender: Sender,
        settings: DeliverySettings,
        metrics: DeliveryMetrics,
    ) -> None:
        self._queue = queue
        self._envelopes = envelopes
        self._health = health
        self._targets = targets
        self._sender = sender
        self._delays = read_delays(settings.webhook_retry_seconds)
        self._disable_seconds = settings.webhook_disable_seconds
        self._metrics = metrics

    async def pack(self, claimed: Sequence[ClaimedDelivery]) -> dict[str, Envelope]:
        """Make the envelopes by ID of the delivery; give back a delivery that cannot be sent.

        Raises:
            PyMongoError: MongoDB cannot be reached; the deliveries are due when their lease ends.
        """
        try:
            envelopes = await self._envelopes.pack([one.delivery for one in claimed])
        except WebhooksNotSetUp as error:
            if len(claimed) > 1:  # The secrets of the others may be readable.
                parts = [await self.pack([one]) for one in claimed]
                return {name: envelope for part in parts for name, envelope in part.items()}
            _log.error("secret_not_readable", delivery_id=claimed[0].delivery.id, reason=str(error))
            await self._queue.postpone(claimed[0], utc_now() + NOT_SET_UP_PAUSE)
            return {}
        without = [one for one in claimed if one.delivery.id not in envelopes]
        await asyncio.gather(*(self._queue.cancel(one, utc_now()) for one in without))
        return envelopes

    async def send(self, claimed: ClaimedDelivery, envelope: Envelope) -> Sent:
        """Send a delivery once."""
        at = utc_now()
        headers = signed_headers(envelope.event_id, at, envelope.body, envelope.secrets)
        with self._metrics.in_flight.track_inprogress():
            answer = await self._sender.send(envelope.url, envelope.body, headers)
        verdict, quiet = judge(answer.status_code), None
        self._report(claimed, answer, verdict)
        if verdict is Verdict.SLOW_DOWN:
            now = utc_now()
            quiet = quiet_until(read_retry_after(answer.retry_after, now), now)
        return Sent(at, answer, verdict, quiet)

    async def settle(self, claimed: ClaimedDelivery, sent: Sent) -> None:
        """Record an attempt, and its consequences for the target.

        Raises:
            PyMongoError: MongoDB cannot be reached; the delivery is due when its lease ends.
        """
        delivery, ended_at = claimed.delivery, utc_now()
        due_at = await self._record(claimed, sent)
        if sent.outcome.is_delivered:
            await self._targets.record_answer(delivery.target)
        else:
            target = delivery.target
            await self._targets.record_failure(target, self._delays, delivery.id, due_at)
        if delivery.endpoint_id is not None:
            await self._update_health(delivery.endpoint_id, sent)
        if sent.outcome.is_delivered:
            wait = (ended_at - delivery.created_at).total_seconds()
            self._metrics.waits.observe(max(0.0, wait))

    def _report(self, claimed: ClaimedDelivery, answer: Answer, verdict: Verdict) -> None:
        delivery, outcome = claimed.delivery, answer.error or verdict.value
        self._metrics.attempts.labels(outcome).inc()
        self._metrics.seconds.observe(answer.seconds)
        _log.info(
            "webhook_attempted",
            event_id=delivery.event_id,
            endpoint_id=delivery.endpoint_id,
            attempt=delivery.attempt_count + 1,
            outcome=outcome,
            status_code=answer.status_code,
            seconds=round(answer.seconds, 3),
        )

    async def _record(self, claimed: ClaimedDelivery, sent: Sent) -> datetime | None:
        """Record an attempt, and return when the next one is due.

        Try until the lease ends, because a lost record sends it again.
        """
        attempt = DeliveryAttempt(
            number=claimed.delivery.attempt_count + 1,
            at=sent.at,
            status_code=sent.answer.status_code,
            seconds=sent.answer.seconds,
            answer=sent.answer.text,
            error=None if sent.outcome.is_delivered else sent.answer.error,
        )
        status, due_at = self._next_state(attempt.number, sent.verdict, sent.quiet_until)
        while True:
            try:
                if not await self._queue.record(claimed, attempt, status, due_at):
                    _log.warning("attempt_not_recorded", delivery_id=claimed.delivery.id)
            except STORE_FAILED:
                if utc_now() > claimed.expires_at:
                    raise
                await asyncio.sleep(RECORD_PAUSE_SECONDS)
            else:
                return due_at

    def _next_state(
        self, attempts: int, verdict: Verdict, quiet: datetime | None
    ) -> tuple[DeliveryStatus, datetime | None]:
        """Work out the status of a delivery after an attempt, and when the next one is due."""
        if verdict is Verdict.DELIVERED:
            return DeliveryStatus.DELIVERED, None
        due_at = None
        if verdict is not Verdict.GONE:
            spread = random.random()  # noqa: S311 -- spreads load, protects nothing
            due_at = next_attempt(attempts, utc_now(), spread, self._delays)
        if due_at is None:
            return DeliveryStatus.FAILED, None
        return DeliveryStatus.PENDING, max(due_at, quiet) if quiet else due_at

    async def _update_health(self, endpoint_id: str, sent: Sent) -> None:
        """Record the result for the endpoint; disable it if it is gone or fails too long."""
        if sent.outcome.is_delivered:
            await self._health.record_success(endpoint_id)
            return
        at = sent.at
        failing_since = await self._health.record_failure(endpoint_id, at, sent.quiet_until)
        reason = None
        if sent.verdict is Verdict.GONE:
            reason = DisabledReason.GONE
        elif failing_since and has_failed_too_long(failing_since, at, self._disable_seconds):
            reason = DisabledReason.FAILING
        if reason and await self._health.disable(endpoint_id, reason):
            self._metrics.disabled.labels(reason.value).inc()
            _log.warning("webhook_disabled", endpoint_id=endpoint_id, reason=reason.value)
