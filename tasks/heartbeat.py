"""The heartbeat of a worker or deliverer: it lives, at which rate, and its metrics."""

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import structlog
from prometheus_client import CollectorRegistry

from storage.backlog.workers import Workers, worker_name
from storage.clock import new_id
from storage.errors import STORE_FAILED
from telemetry.prometheus import pack

_log = structlog.get_logger(__name__)


class HeartbeatSettings(msgspec.Struct, frozen=True):
    """The heartbeat.

    Attributes:
        alive_file: File that a worker or deliverer touches with each heartbeat, for health checks:
            ``python deploy/probe.py FILE``. Empty: none.
    """

    alive_file: str = ""


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
        self._file = Path(settings.alive_file) if settings.alive_file else None
        self.unreadable_secrets = 0
        self.id = f"{worker_name()}:{new_id()}"
        self._workers = workers
        self._registries = registries
        self._rate = rate

    async def beat(self) -> None:
        """Record one heartbeat.

        Raises:
            PyMongoError: MongoDB cannot be reached.
            OSError: The file cannot be written.
        """
        packed = pack(self._registries)
        await self._workers.beat(self.id, self._rate(), packed, self.unreadable_secrets)
        if self._file is not None:
            self._file.touch()

    async def leave(self) -> None:
        """Remove this process from the live ones; if that fails, its heartbeat expires."""
        try:
            await self._workers.leave(self.id)
        except STORE_FAILED as error:
            _log.warning("leave_not_recorded", reason=type(error).__name__)
