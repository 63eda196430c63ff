"""Processes that are started again when they end, except while a fault holds them down."""

import asyncio
import os
import sys
import urllib.request
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.error import URLError

from deploy.servers.process import ServerProcess

ADMIN_KEY = "the-admin-key-of-the-faults-0123456789abcdef"
DATABASE = "minilab_faults"
ROOT = Path(__file__).parent.parent
STOP_SECONDS = 15.0
_ANSWER_SECONDS = 5.0
_LOOK_SECONDS = 0.1
_MODULES = {"api": "api", "worker": "tasks", "deliverer": "tasks.delivery"}

Settings = Mapping[str, object]
"""Settings of the service's processes that differ from the defaults, by name."""


class Supervised(ABC):
    """The processes of a service by name, and their supervisor.

    Attributes:
        excused: Statuses of a proxy before the API that faults excuse, beside 503.
    """

    excused: frozenset[int] = frozenset()

    def __init__(self) -> None:
        self.processes: dict[str, ServerProcess] = {}
        self.own_ends: list[str] = []
        """Processes that ended although no fault ended them, with their exit codes."""
        self._held: Counter[str] = Counter()

    @property
    @abstractmethod
    def url(self) -> str:
        """The address of the API for clients."""

    @property
    @abstractmethod
    def mongodb_url(self) -> str:
        """The URL of MongoDB for checks from outside."""

    @property
    @abstractmethod
    def redis_url(self) -> str:
        """The URL of Redis for checks from outside."""

    @property
    def blob_url(self) -> str:
        """The bucket for checks from outside; empty if there is none."""
        return ""

    @abstractmethod
    async def start(self) -> None:
        """Start links and processes, and wait until all are ready."""

    @abstractmethod
    async def stop(self) -> None:
        """Stop all processes except the servers."""

    @abstractmethod
    def add_worker(self, settings: Settings) -> None:
        """Start another worker with other settings."""

    async def replace_workers(self, settings: Settings) -> None:
        """Start one worker with other settings in place of all: upkeep is done by one worker."""
        names = [name for name in self.processes if name.startswith("worker")]
        await stop_all([self.processes.pop(name) for name in names])
        self.add_worker(settings)

    async def supervise(self) -> None:
        """Restart processes that have ended, except those held down, until cancelled."""
        while True:
            for name, process in self.processes.items():
                if not process.is_running and not self._held[name]:
                    self.own_ends.append(f"{name} ({process.exit_code})")
                    process.spawn()
            await asyncio.sleep(_LOOK_SECONDS)

    @asynccontextmanager
    async def held_down(self, name: str) -> AsyncIterator[ServerProcess]:
        """Keep a process from being restarted while the context lasts; it is started afterwards."""
        self._held[name] += 1
        try:
            yield self.processes[name]
        finally:
            self._held[name] -= 1
            if not self._held[name]:
                self.processes[name].spawn()


async def stop_all(processes: Iterable[ServerProcess]) -> None:
    """Stop processes at the same time; those that take too long are killed."""
    some = list(processes)
    for process in some:
        process.terminate()
    for process in some:  # In a thread: links continue meanwhile.
        await asyncio.to_thread(process.stop, STOP_SECONDS)


def make_process(
    folder: Path,
    name: str,
    role: str,
    settings: Settings,
    is_ready: Callable[[], bool],
    url: str = "",
) -> ServerProcess:
    """Make a process of the service, which is not started yet.

    Args:
        folder: The folder of its log.
        name: Its name, and that of its log.
        role: ``api``, ``worker`` or ``deliverer``.
        settings: Its settings, the servers included; none is inherited.
        is_ready: Says whether it can work.
        url: Where clients find it.
    """
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("MINILAB_")}
    own = {"mongodb_database": DATABASE, "admin_key": ADMIN_KEY, **settings}
    return ServerProcess(
        name,
        [sys.executable, "-m", _MODULES[role]],
        is_ready=is_ready,
        url=url,
        output=folder / f"{name}.log",
        environment=inherited
        | {f"MINILAB_{key.upper()}": str(value) for key, value in own.items()}
        | {"PYTHONPATH": str(ROOT)},
    )


def asks(url: str) -> bool:
    """Ask a URL once, without a proxy; say whether it answers with 2xx."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=_ANSWER_SECONDS):
            return True
    except (URLError, OSError, ValueError):
        return False
