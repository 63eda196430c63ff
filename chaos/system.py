"""The processes of the service, each behind a link of its own, and their supervisor."""

import asyncio
import os
import random
import signal
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from chaos.proxy import HOST, Proxy, through
from chaos.schedule import OBJECT_LINKS
from chaos.supervised import (
    DATABASE,
    STOP_SECONDS,
    Settings,
    Supervised,
    asks,
    make_process,
    stop_all,
)
from deploy.servers.embedded import EmbeddedServers
from deploy.servers.ports import find_free_port
from deploy.servers.process import ServerProcess
from deploy.servers.seaweedfs import ObjectServers

READY_SECONDS = 90.0
# The pictures of clients are small: most go to the bucket, and some do not.
INLINE_BYTES = 1024


class System(Supervised):
    """Servers, an API, workers and a deliverer; a process that is killed is started again.

    Args:
        servers: MongoDB and Redis.
        folder: The folder for the logs of the processes.
        settings: Settings that differ from the defaults, by name.
        seed: Fixes the behaviour of disturbed links.
        workers: Number of workers.
        objects: Keeps large files; None: MongoDB keeps all.
    """

    def __init__(
        self,
        servers: EmbeddedServers,
        folder: Path,
        settings: Settings,
        seed: int,
        workers: int,
        objects: ObjectServers | None = None,
    ) -> None:
        super().__init__()
        self.servers = servers
        self._objects = objects
        self._started = (*servers.started, *(objects.started if objects else ()))
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
        if objects is not None:
            ports |= dict.fromkeys(OBJECT_LINKS, _port_of(objects.endpoint))
        self.links = {name: Proxy(port, seed + n) for n, (name, port) in enumerate(ports.items())}

    @property
    def url(self) -> str:
        """The address of the API for clients, through its link."""
        return f"http://{HOST}:{self.links['client-api'].port}"

    @property
    def mongodb_url(self) -> str:
        """The URL of MongoDB without a link, for checks from outside."""
        return through(self.servers.mongodb_url, _port_of(self.servers.mongodb_url))

    @property
    def redis_url(self) -> str:
        """The URL of Redis without a link, for checks from outside."""
        return self.servers.redis_url

    @property
    def blob_url(self) -> str:
        """The bucket without a link, for checks from outside; empty if there is none."""
        return self._objects.blob_url(DATABASE) if self._objects else ""

    async def start(self) -> None:
        """Start links and processes, and wait until all are ready."""
        for link in self.links.values():
            await link.start()
        self.processes = {server.name: server for server in self._started}
        self.processes["api"] = self._make("api", "api", self._settings)
        self.processes["deliverer"] = self._make("deliverer", "deliverer", self._settings)
        for number in range(self._workers):
            name = f"worker-{number}"
            self.processes[name] = self._make(name, "worker", self._settings)
        for process in self.processes.values():
            process.spawn()
        await asyncio.to_thread(self.processes["api"].wait_ready, READY_SECONDS)

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
        await stop_all(p for p in self.processes.values() if p not in self._started)
        for link in self.links.values():
            await link.end()

    def is_ready(self) -> bool:
        """Ask the API once, without a link, whether everything is ready."""
        return asks(f"http://{HOST}:{self._api_port}/readyz")

    def _make(self, name: str, role: str, settings: Settings) -> ServerProcess:
        redis, mongodb = self.links[f"{role}-redis"], self.links[f"{role}-mongodb"]
        own = {
            "mongodb_url": through(self.servers.mongodb_url, mongodb.port),
            "redis_url": through(self.servers.redis_url, redis.port),
            "port": self._api_port,
            **self._bucket(role),
            **settings,
        }
        return make_process(self._folder, name, role, own, self.is_ready, self.url)

    def _bucket(self, role: str) -> Settings:
        """Give a process the bucket through its own link; deliverers read no files."""
        link = self.links.get(f"{role}-s3")
        if self._objects is None or link is None:
            return {}
        url = self._objects.blob_url(DATABASE, f"http://{HOST}:{link.port}")
        return {"blob_url": url, "blob_inline_bytes": INLINE_BYTES}


def _port_of(url: str) -> int:
    port = urlsplit(url).port
    if port is None:
        raise ValueError(f"{url} names no port")
    return port
