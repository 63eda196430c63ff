"""The processes of the service, each behind a link of its own, and their supervisor."""

import asyncio
import json
import os
import random
import signal
import sys
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit

import psutil

from chaos.proxy import HOST, Proxy, through
from chaos.schedule import LINKS
from deploy.servers.embedded import EmbeddedServers
from deploy.servers.ports import find_free_port
from deploy.servers.process import ServerProcess

ADMIN_KEY = "the-admin-key-of-the-faults-0123456789abcdef"
DATABASE = "minilab_faults"
ROOT = Path(__file__).parent.parent
MODULES = {"api": "api", "worker": "tasks", "deliverer": "tasks.delivery"}
READY_SECONDS = 90.0
STOP_SECONDS = 15.0
_LOOK_SECONDS = 0.1
_ANSWER_SECONDS = 5.0

Settings = Mapping[str, object]


class System:
    """Servers, an API, workers and a deliverer; a process that is killed is started again.

    Args:
        servers: MongoDB and Redis.
        folder: The folder for the logs of the processes.
        settings: Settings that differ from the defaults, by name.
        seed: Fixes the behaviour of disturbed links.
        workers: Number of workers.
    """

    def __init__(
        self, servers: EmbeddedServers, folder: Path, settings: Settings, seed: int, workers: int
    ) -> None:
        self.servers = servers
        self.own_ends: list[str] = []
        """Processes that ended although no fault ended them, with their exit codes."""
        self._folder = folder
        self._settings = settings
        self._workers = workers
        self._api_port = find_free_port()
        ports = {
            "client-api": self._api_port,
            "api-redis": _port_of(servers.redis_url),
            "api-mongodb": _port_of(servers.mongodb_url),
            "worker-redis": _port_of(servers.redis_url),
            "worker-mongodb": _port_of(servers.mongodb_url),
            "deliverer-redis": _port_of(servers.redis_url),
            "deliverer-mongodb": _port_of(servers.mongodb_url),
        }
        self.links = {name: Proxy(ports[name], seed + n) for n, name in enumerate(LINKS)}
        self.processes: dict[str, ServerProcess] = {}
        self._held: Counter[str] = Counter()

    @property
    def url(self) -> str:
        """The address of the API for clients, through its link."""
        return f"http://{HOST}:{self.links['client-api'].port}"

    @property
    def mongodb_url(self) -> str:
        """The URL of MongoDB without a link, for checks from outside."""
        return through(self.servers.mongodb_url, _port_of(self.servers.mongodb_url))

    async def start(self) -> None:
        """Start links and processes, and wait until all are ready."""
        for link in self.links.values():
            await link.start()
        self.processes = {server.name: server for server in self.servers.started}
        self.processes["api"] = self._make("api", "api", self._settings)
        self.processes["deliverer"] = self._make("deliverer", "deliverer", self._settings)
        for number in range(self._workers):
            name = f"worker-{number}"
            self.processes[name] = self._make(name, "worker", self._settings)
        for process in self.processes.values():
            process.spawn()
        await asyncio.to_thread(self.processes["api"].wait_ready, READY_SECONDS)

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

    async def limit_api(self, more: Settings, seconds: float) -> None:
        """Run the API with other settings for a while; it is stopped in order each time."""
        for settings, pause in (({**self._settings, **more}, seconds), (self._settings, 0)):
            async with self.held_down("api") as process:
                process.terminate()
                if not await asyncio.to_thread(process.wait_ended, STOP_SECONDS):
                    process.kill()
                self.processes["api"] = self._make("api", "api", settings)
            await asyncio.sleep(pause)

    def choose_worker(self, chance: random.Random) -> str:
        """Choose one of the workers."""
        return f"worker-{chance.randrange(self._workers)}"

    def kill_child(self, chance: random.Random) -> None:
        """Kill a child of a worker, if it has one."""
        with suppress(psutil.NoSuchProcess):
            worker = psutil.Process(self.processes[self.choose_worker(chance)].pid)
            if children := worker.children():
                os.kill(chance.choice(children).pid, signal.SIGKILL)

    def add_worker(self, settings: Settings) -> None:
        """Start another worker with other settings."""
        process = self._make("worker-sweeping", "worker", {**self._settings, **settings})
        process.spawn()
        self.processes[process.name] = process

    async def stop(self) -> None:
        """Stop all processes except the servers."""
        mine = [p for p in self.processes.values() if p not in self.servers.started]
        for process in mine:
            process.terminate()
        for process in mine:  # In a thread: the links continue meanwhile.
            await asyncio.to_thread(process.stop, STOP_SECONDS)
        for link in self.links.values():
            await link.end()

    def is_ready(self) -> bool:
        """Ask the API once, without a link, whether everything is ready."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        url = f"http://{HOST}:{self._api_port}/readyz"
        try:
            with opener.open(url, timeout=_ANSWER_SECONDS) as answer:
                return bool(json.load(answer))
        except (URLError, OSError, ValueError):
            return False

    def _make(self, name: str, role: str, settings: Settings) -> ServerProcess:
        changed = {f"MINILAB_{key.upper()}": str(value) for key, value in settings.items()}
        redis, mongodb = self.links[f"{role}-redis"], self.links[f"{role}-mongodb"]
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("MINILAB_")}
        return ServerProcess(
            name,
            [sys.executable, "-m", MODULES[role]],
            is_ready=self.is_ready,
            url=self.url,
            output=self._folder / f"{name}.log",
            environment=inherited
            | {
                "MINILAB_MONGODB_URL": through(self.servers.mongodb_url, mongodb.port),
                "MINILAB_REDIS_URL": through(self.servers.redis_url, redis.port),
                "MINILAB_MONGODB_DATABASE": DATABASE,
                "MINILAB_ADMIN_KEY": ADMIN_KEY,
                "MINILAB_PORT": str(self._api_port),
                "PYTHONPATH": str(ROOT),
            }
            | changed,
        )


def _port_of(url: str) -> int:
    port = urlsplit(url).port
    if port is None:
        raise ValueError(f"{url} names no port")
    return port
