"""The deliverer: its parts, put together and run."""

import asyncio

import structlog
from aiohttp.abc import AbstractResolver

from domain.webhooks.advice import FIND_KEY, RELEASE
from storage.errors import STORE_FAILED
from storage.stores import Stores, open_stores
from tasks.delivery.attempt import Attempter
from tasks.delivery.engine import Engine
from tasks.delivery.metrics import DeliveryMetrics
from tasks.delivery.sender import Sender
from tasks.delivery.settings import Settings
from tasks.heartbeat import Heartbeat
from tasks.schema_check import wait_until_usable
from telemetry.background import BackgroundTasks, stop_on_signals

# Time to record the longest attempt before its lease ends.
RECORD_SECONDS = 10.0
FOLLOW_CLOCK_SECONDS = 2.0
ANNOUNCE_AGAIN_SECONDS = 1.0
CHECK_SECRETS_SECONDS = 60.0
HOLD_AGAIN_SECONDS = 1.0

_log = structlog.get_logger(__name__)


class Deliverer:
    """One deliverer process: announces events and delivers them."""

    def __init__(
        self, settings: Settings, stores: Stores, resolver: AbstractResolver | None = None
    ) -> None:
        deliveries = settings.deliveries
        self._stores = stores
        self._is_hold_wanted = deliveries.webhooks == "paused"
        metrics = DeliveryMetrics()
        self._heartbeat = Heartbeat(
            settings.heartbeat, stores.deliverers, [metrics.registry, stores.metrics.registry]
        )
        self._sender = Sender(settings.targets, deliveries.webhook_timeout_seconds, resolver)
        queue = stores.delivery_queue(deliveries.webhook_timeout_seconds + RECORD_SECONDS)
        attempter = Attempter(
            queue,
            stores.envelopes,
            stores.endpoint_health,
            stores.targets,
            self._sender,
            deliveries,
            metrics,
        )
        self._announcer = stores.announcer(deliveries.public_url.rstrip("/"))
        self._engine = Engine(
            stores.webhook_hold,
            stores.due_deliveries,
            queue,
            attempter,
            deliveries,
            metrics,
            self._announcer.wake,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until stopped, then wait for running attempts for the drain time.

        Raises:
            BackgroundTaskEnded: A background task ended by itself.
        """

        async def announce() -> None:
            await self._announcer.run(stop, self._engine.wake)

        await self._begin_hold(stop)
        try:
            async with BackgroundTasks(stop, STORE_FAILED) as background, self._sender:
                deliveries_due = self._stores.job_events.hear_deliveries(self._wake)
                background.start("hear_deliveries", deliveries_due)
                background.repeat(announce, ANNOUNCE_AGAIN_SECONDS)
                background.repeat(self._check_secrets, CHECK_SECRETS_SECONDS)
                self._heartbeat.start(background)
                background.repeat(self._stores.follow_clock, FOLLOW_CLOCK_SECONDS)
                await self._engine.run(stop)
        finally:
            await self._heartbeat.leave()

    def _wake(self, has_events: bool) -> None:
        self._engine.wake()
        if has_events:
            self._announcer.wake()

    async def _begin_hold(self, stop: asyncio.Event) -> None:
        """Hold webhooks if the setting says so, before anything is sent."""
        while not stop.is_set():
            try:
                since = await self._stores.webhook_hold.begin(is_wanted=self._is_hold_wanted)
            except STORE_FAILED as error:
                _log.warning("mongodb_not_ready", reason=type(error).__name__)
                await asyncio.sleep(HOLD_AGAIN_SECONDS)
            else:
                if since is not None:
                    _log.warning("webhooks_held", since=since.isoformat(), action=RELEASE)
                return

    async def _check_secrets(self) -> None:
        """Count the secrets that cannot be decrypted; /readyz and the log say what to do."""
        count = await self._stores.stored_secrets.count_unreadable()
        self._heartbeat.unreadable_secrets = count
        if count:
            _log.error("webhook_secrets_not_readable", count=count, action=FIND_KEY)


async def run_deliverer(settings: Settings) -> None:
    """Run a deliverer until SIGTERM or SIGINT.

    Raises:
        UnusableServer: It cannot use the data, or Redis.
    """
    stop = stop_on_signals()
    async with open_stores(settings.stores, settings.rules) as stores:
        if await wait_until_usable(stores, stop):
            await Deliverer(settings, stores).run(stop)
