"""The heartbeat of a worker, deliverer or learner: it lives, at which rate, and its metrics."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import structlog
from prometheus_client import CollectorRegistry

from storage.backlog.workers import HEARTBEAT_SECONDS, Workers, worker_name
from storage.clock import new_id
from storage.errors import STORE_FAILED
from telemetry.background import BackgroundTasks
from telemetry.metrics_server import serve_metrics
from telemetry.prometheus import pack

_log = structlog.get_logger(__name__)


class HeartbeatSettings(msgspec.Struct, frozen=True):
    """The heartbeat.

    Attributes:
        alive_file: File that a worker, deliverer or learner touches every 2 s while it runs, for
            health checks: ``python deploy/probe.py FILE``. Empty: none.
        metrics_port: Port on which a worker, deliverer or learner shows its own metrics to all who
            reach it. 0: none; the API shows them, too.
    """

    alive_file: str = ""
    metrics_port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 0


class Heartbeat:
    """Records that this process lives, its images per second and its metrics.

    Its ID is unique in all time.

    Attributes:
        unreadable_secrets: Webhook secrets that this process cannot decrypt.
    """

    def __init__(
        self,
        settings: HeartbeatSettings,
        workers: Workers,
        registries: Sequence[CollectorRegistry],
        rate: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._metrics_port = settings.metrics_port
        self._file = Path(settings.alive_file) if settings.alive_file else None
        self.unreadable_secrets = 0
        self.id = f"{worker_name()}:{new_id()}"
        self._workers = workers
        self._registries = registries
        self._rate = rate

    def start(self, background: BackgroundTasks) -> None:
        """Beat until the context ends; show the metrics, if there is a port for them."""
        background.repeat(self.beat, HEARTBEAT_SECONDS)
        if self._file is not None:
            background.repeat(self.touch, HEARTBEAT_SECONDS)
        if self._metrics_port:
            background.start("metrics", serve_metrics(self._metrics_port, self._registries))

    async def beat(self) -> None:
        """Record one heartbeat.

        Raises:
            PyMongoError: MongoDB cannot be reached.
        """
        packed = pack(self._registries)
        await self._workers.beat(self.id, self._rate(), packed, self.unreadable_secrets)

    async def touch(self) -> None:
        """Show a health check that this process runs, whether or not MongoDB can be reached.

        Raises:
            OSError: The file cannot be written.
        """
        if self._file is not None:
            self._file.touch()

    async def leave(self) -> None:
        """Remove this process from the live ones; if that fails, its heartbeat expires."""
        try:
            await self._workers.leave(self.id)
        except STORE_FAILED as error:
            _log.warning("leave_not_recorded", reason=type(error).__name__)
