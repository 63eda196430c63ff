"""The deliverer: its parts, put together and run."""

import asyncio
import signal

import structlog
from aiohttp.abc import AbstractResolver

from storage.backlog.workers import HEARTBEAT_SECONDS, worker_name
from storage.clock import new_id
from storage.errors import STORE_FAILED
from storage.stores import Stores, open_stores
from storage.webhooks.announcer import Announcer
from storage.webhooks.delivery_queue import DeliveryQueue
from storage.webhooks.due_deliveries import DueDeliveries
from tasks.delivery.attempt import Attempter
from tasks.delivery.engine import Engine
from tasks.delivery.metrics import DeliveryMetrics
from tasks.delivery.sender import Sender
from tasks.delivery.settings import Settings
from tasks.upkeep.periodic import repeat
from telemetry.prometheus import pack

# Time to record the longest attempt before its lease ends.
RECORD_SECONDS = 10.0
FOLLOW_CLOCK_SECONDS = 2.0
ANNOUNCE_AGAIN_SECONDS = 1.0

_log = structlog.get_logger(__name__)


class Deliverer:
    """One deliverer process: announces events and delivers them.

    Args:
        settings: Its settings.
        stores: The stores.
        resolver: Resolves names; None for the name servers of the system.
    """

    def __init__(
        self, settings: Settings, stores: Stores, resolver: AbstractResolver | None = None
    ) -> None:
        deliveries = settings.deliveries
        self._stores = stores
        self._id = f"{worker_name()}:{new_id()}"
        self._metrics = DeliveryMetrics()
        self._sender = Sender(settings.targets, deliveries.webhook_timeout_seconds, resolver)
        queue = DeliveryQueue(stores.database, deliveries.webhook_timeout_seconds + RECORD_SECONDS)
        attempter = Attempter(
            queue, stores.envelopes, stores.endpoint_health, self._sender, deliveries, self._metrics
        )
        due = DueDeliveries(stores.database)
        self._engine = Engine(due, queue, attempter, deliveries, self._metrics)
        base_url = deliveries.public_url.rstrip("/")
        self._announcer = Announcer(stores.database, stores.job_events, base_url)

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until stopped, then wait for running attempts for the drain time.

        Args:
            stop: Set to stop.
        """

        async def announce() -> None:
            await self._announcer.run(stop, self._engine.wake)

        side_tasks = [
            asyncio.create_task(self._stores.job_events.hear_deliveries(self._engine.wake)),
            asyncio.create_task(repeat(announce, ANNOUNCE_AGAIN_SECONDS)),
            asyncio.create_task(repeat(self._beat, HEARTBEAT_SECONDS)),
            asyncio.create_task(repeat(self._stores.follow_clock, FOLLOW_CLOCK_SECONDS)),
        ]
        try:
            async with self._sender:
                await self._engine.run(stop)
        finally:
            for task in side_tasks:
                task.cancel()
            await asyncio.wait(side_tasks)
            await self._leave()

    async def _beat(self) -> None:
        packed = pack([self._metrics.registry, self._stores.metrics.registry])
        await self._stores.deliverers.beat(self._id, 0.0, packed)

    async def _leave(self) -> None:
        try:
            await self._stores.deliverers.leave(self._id)
        except STORE_FAILED as error:
            _log.warning("leave_not_recorded", reason=type(error).__name__)


async def run_deliverer(settings: Settings) -> None:
    """Run a deliverer until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with open_stores(settings.stores, settings.rules) as stores:
        await Deliverer(settings, stores).run(stop)
