"""The processes of a fleet: three APIs behind HAProxy, four workers, two deliverers."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec

from chaos.fleet.balancer import Balancer
from chaos.fleet.replica_set import ReplicaSet, replica_set
from chaos.fleet.sentinels import Guarded, guarded_redis
from chaos.supervised import Settings, Supervised, asks, make_process, stop_all
from deploy.servers.ports import find_free_port
from deploy.servers.process import ServerProcess

READY_SECONDS = 180.0
HOST = "127.0.0.1"
_API = {"trusted_proxies": HOST, "render_children": 1, "warm_render_children": "false"}
_WORKER = {"worker_children": 1}


class Size(msgspec.Struct, frozen=True):
    """How many processes of each kind a fleet has."""

    apis: int = 3
    workers: int = 4
    deliverers: int = 2


class FleetServers(msgspec.Struct, frozen=True):
    """The servers of a fleet.

    Attributes:
        mongodb: Three members, which are no set yet.
        redis: Two servers and three Sentinels.
    """

    mongodb: ReplicaSet
    redis: Guarded


@contextmanager
def fleet_servers(folder: Path, seed: int, *, through_links: bool = True) -> Iterator[FleetServers]:
    """Run the servers while the context lasts.

    Args:
        folder: The folder for data and logs.
        seed: Fixes the behaviour of disturbed links.
        through_links: Whether the members of the replica set are reached through links.
    """
    with (
        replica_set(folder, seed, through_links=through_links) as mongodb,
        guarded_redis(folder) as redis,
    ):
        yield FleetServers(mongodb, redis)


class Fleet(Supervised):
    """A fleet; a process that is killed is started again.

    Args:
        servers: MongoDB and Redis.
        folder: The folder for logs and settings.
        settings: Settings that differ from the defaults, by name.
        size: How many processes there are.
    """

    # Of HAProxy, when an API process dies with a request, or none is there.
    excused = frozenset({502, 504})

    def __init__(
        self, servers: FleetServers, folder: Path, settings: Settings, size: Size | None = None
    ) -> None:
        super().__init__()
        size = size or Size()
        self.servers = servers
        self._folder = folder
        self._settings = settings
        self._ports = [find_free_port() for _ in range(size.apis)]
        self.balancer = Balancer(folder, self._ports)
        self.redis = dict(zip(("redis-0", "redis-1"), servers.redis.redis, strict=True))
        self.apis = [f"api-{number}" for number in range(size.apis)]
        self.workers = [f"worker-{number}" for number in range(size.workers)]
        self.deliverers = [f"deliverer-{number}" for number in range(size.deliverers)]

    @property
    def url(self) -> str:
        """The address of HAProxy."""
        return self.balancer.url

    @property
    def mongodb_url(self) -> str:
        """The URL of the replica set."""
        return self.servers.mongodb.url

    @property
    def redis_url(self) -> str:
        """The URL of the Sentinels."""
        return self.servers.redis.url

    async def start(self, without: Sequence[str] = ()) -> None:
        """Make the replica set, start processes, and wait until they are ready.

        Args:
            without: Processes that are not started.
        """
        for link in self.servers.mongodb.links:
            await link.start()
        await asyncio.to_thread(self.servers.mongodb.initiate)
        sentinels = enumerate(self.servers.redis.sentinels)
        self.processes = {
            **{member.name: member for member in self.servers.mongodb.members},
            **self.redis,
            **{f"sentinel-{number}": sentinel for number, sentinel in sentinels},
            **{name: self._make_api(number) for number, name in enumerate(self.apis)},
            **{name: self._make(name, "worker", _WORKER) for name in self.workers},
            **{name: self._make(name, "deliverer", {}) for name in self.deliverers},
            "haproxy": self.balancer.process,
        }
        for name in self.processes.keys() - set(without):
            self.processes[name].spawn()
        own = [*self.apis, *self.workers, *self.deliverers, "haproxy"]
        for name in own:
            if name in without:
                continue
            await asyncio.to_thread(self.processes[name].wait_ready, READY_SECONDS)

    async def stop(self) -> None:
        """Stop all processes except the servers."""
        servers = {f"mongod-{n}" for n in range(len(self.servers.mongodb.members))} | {*self.redis}
        await stop_all(
            process
            for name, process in self.processes.items()
            if name not in servers and not name.startswith("sentinel")
        )
        for link in self.servers.mongodb.links:
            await link.end()

    def add_worker(self, settings: Settings) -> None:
        """Start another worker with other settings."""
        name = "worker-sweeping"
        self.processes[name] = self._make(name, "worker", settings)
        self.processes[name].spawn()

    async def restart(self, name: str, stop_seconds: float) -> None:
        """Stop a process in order, start it again, and wait until it is ready."""
        async with self.held_down(name) as process:
            await stop_in_order(process, stop_seconds)
            self.forget_life(name)
        await asyncio.to_thread(process.wait_ready, READY_SECONDS)

    def forget_life(self, name: str) -> None:
        """Remove what a worker or a deliverer that has ended shows for its health."""
        self._alive(name).unlink(missing_ok=True)

    def _alive(self, name: str) -> Path:
        return self._folder / f"{name}.alive"

    def _make_api(self, number: int) -> ServerProcess:
        port = self._ports[number]
        name, url = self.apis[number], f"http://{HOST}:{port}"
        own = {**self._common, "port": port, **_API}
        return make_process(self._folder, name, "api", own, partial(asks, f"{url}/healthz"), url)

    def _make(self, name: str, role: str, more: Settings) -> ServerProcess:
        alive = self._alive(name)
        own = {**self._common, "alive_file": alive, **more}
        return make_process(self._folder, name, role, own, alive.exists)

    @property
    def _common(self) -> Settings:
        urls = {"mongodb_url": self.mongodb_url, "redis_url": self.redis_url}
        return {**urls, **self._settings}


async def stop_in_order(process: ServerProcess, seconds: float) -> None:
    """Send SIGTERM, and kill what has not ended after its time, as Kubernetes does."""
    process.terminate()
    if not await asyncio.to_thread(process.wait_ended, seconds):
        process.kill()
