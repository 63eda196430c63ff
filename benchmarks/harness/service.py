"""The service as in production: real servers, an API process, a worker process."""

import http.client
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import uuid4

from benchmarks.harness.http_client import Address
from benchmarks.harness.meter import children_cpu_seconds, cpu_seconds
from deploy.servers.embedded import EmbeddedServers
from deploy.servers.ports import find_free_port
from deploy.servers.process import ServerProcess
from deploy.servers.seaweedfs import ObjectServers
from storage.settings import StoreSettings

ADMIN_KEY = "the-admin-key-of-the-benchmarks-0123456789"
ROOT = Path(__file__).parents[2]
READY_TIMEOUT_SECONDS = 2
START_SECONDS = 60


@dataclass(frozen=True)
class Bench:
    """The environment of every benchmark.

    Attributes:
        servers: MongoDB and Redis.
        folder: A temporary folder for pictures and logs.
        cores: Number of processes that measure the limits.
        quick: Whether small counts are enough.
        objects: Keeps large files; None: MongoDB keeps all.
    """

    servers: EmbeddedServers
    folder: Path
    cores: int
    quick: bool
    objects: ObjectServers | None = None

    def count(self, full: int, quick: int) -> int:
        """Choose a count."""
        return quick if self.quick else full

    @property
    def store_settings(self) -> StoreSettings:
        """Settings that reach the servers."""
        return StoreSettings(self.servers.mongodb_url, self.servers.redis_url)

    def environment(self, database: str) -> dict[str, str]:
        """Make the environment of a process of the service."""
        bucket: dict[str, str] = {}
        if self.objects is not None:
            bucket = {"MINILAB_BLOB_URL": self.objects.blob_url(database)}
            bucket |= self.objects.credentials
        return (
            os.environ
            | bucket
            | {
                "MINILAB_MONGODB_URL": self.servers.mongodb_url,
                "MINILAB_REDIS_URL": self.servers.redis_url,
                "MINILAB_MONGODB_DATABASE": database,
                "MINILAB_ADMIN_KEY": ADMIN_KEY,
            }
        )


@dataclass(frozen=True)
class Service:
    """A running service.

    Attributes:
        address: The address of the API.
        api: The API's process.
        worker: The worker's process.
        servers: MongoDB and Redis.
        database: The name of its database.
        objects: The bucket, if it has one.
    """

    address: Address
    api: ServerProcess
    worker: ServerProcess
    servers: EmbeddedServers
    database: str
    objects: ObjectServers | None = None

    def cpu_seconds(self) -> dict[str, float]:
        """Read the processor time that each running part has used so far."""
        used = {}
        if self.worker.is_running:
            used["worker's children"] = children_cpu_seconds(self.worker.pid)
            used["worker"] = cpu_seconds(self.worker.pid)
        if self.objects is not None:
            used["bucket"] = sum(cpu_seconds(server.pid) for server in self.objects.started)
        return used | {
            "API": cpu_seconds(self.api.pid),
            "MongoDB": cpu_seconds(self.servers.mongodb.pid),
            "Redis": cpu_seconds(self.servers.redis.pid),
        }


def new_database() -> str:
    """Make up a name for an empty database."""
    return f"bench_{uuid4().hex[:8]}"


@contextmanager
def running_service(bench: Bench, **settings: str) -> Iterator[Service]:
    """Run an API and a worker on an empty database while the context lasts."""
    port, database = find_free_port(), new_database()
    environment = bench.environment(database) | {"MINILAB_PORT": str(port)} | settings
    is_ready = partial(answers, port)
    with ExitStack() as stack:
        worker, api = (
            stack.enter_context(running_module(bench, [module], environment, is_ready))
            for module in ("tasks", "api")
        )
        # Ready means: MongoDB, Redis, and a live worker whose children are warm.
        api.wait_ready(START_SECONDS)
        address = Address(port, ADMIN_KEY)
        yield Service(address, api, worker, bench.servers, database, bench.objects)


@contextmanager
def running_bare_upload(bench: Bench) -> Iterator[Address]:
    """Run the bare route while the context lasts."""
    port = find_free_port()
    arguments = ["benchmarks.bare_upload", str(port)]
    with running_module(bench, arguments, os.environ, partial(answers, port)) as server:
        server.wait_ready(START_SECONDS)
        yield Address(port)


def running_module(
    bench: Bench,
    arguments: list[str],
    environment: Mapping[str, str],
    is_ready: Callable[[], bool] = lambda: True,
) -> AbstractContextManager[ServerProcess]:
    """Run a module of this repository as a process while the context lasts.

    Args:
        bench: The environment; the process logs to its folder.
        arguments: The module's name and its arguments.
        environment: Of the process.
        is_ready: Asked until it is true, by those who wait for the process.
    """
    command = [sys.executable, "-m", *arguments]
    return running_process(bench, arguments[0], command, environment, is_ready)


@contextmanager
def running_process(
    bench: Bench,
    name: str,
    command: list[str],
    environment: Mapping[str, str],
    is_ready: Callable[[], bool],
) -> Iterator[ServerProcess]:
    """Run a process that finds the modules of this repository while the context lasts.

    Args:
        bench: The environment; the process logs to its folder.
        name: The name of its log.
        command: The program and its arguments.
        environment: Likewise.
        is_ready: Likewise.
    """
    process = ServerProcess(
        name,
        command,
        url="",
        is_ready=is_ready,
        output=bench.folder / f"{name}.log",
        environment={**environment, "PYTHONPATH": str(ROOT)},
    )
    process.spawn()
    try:
        yield process
    finally:
        process.stop()


def answers(port: int) -> bool:
    """Ask once whether a server is ready; the bare route answers 404."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=READY_TIMEOUT_SECONDS)
    with suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/readyz")
        return connection.getresponse().status in {http.client.OK, http.client.NOT_FOUND}
    return False
