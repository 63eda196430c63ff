"""The service as it runs in production: real servers, an API process, a worker process."""

import http.client
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import uuid4

from benchmarks.harness.http_client import Address
from benchmarks.harness.meter import children_cpu_seconds, cpu_seconds
from deploy.servers.embedded import EmbeddedServers, ServerProcess
from deploy.servers.ports import find_free_port

ADMIN_KEY = "the-admin-key-of-the-benchmarks-0123456789"
ROOT = Path(__file__).parents[2]
READY_TIMEOUT_SECONDS = 2
START_SECONDS = 60


@dataclass(frozen=True)
class Bench:
    """What every benchmark stands on.

    Attributes:
        servers: MongoDB and Redis.
        folder: Temporary, for pictures and logs.
        cores: Processes that the limits are measured with.
        quick: Whether small counts will do.
    """

    servers: EmbeddedServers
    folder: Path
    cores: int
    quick: bool

    def count(self, full: int, quick: int) -> int:
        """Choose a count."""
        return quick if self.quick else full


@dataclass(frozen=True)
class Service:
    """A running service.

    Attributes:
        address: Where the API is.
        api: Its process.
        worker: The worker's process.
        servers: MongoDB and Redis.
        database: The name of its database.
    """

    address: Address
    api: ServerProcess
    worker: ServerProcess
    servers: EmbeddedServers
    database: str

    def cpu_seconds(self) -> dict[str, float]:
        """Read the processor time that each running part has used so far."""
        used = {}
        if self.worker.is_running:
            used["worker's children"] = children_cpu_seconds(self.worker.pid)
            used["worker"] = cpu_seconds(self.worker.pid)
        return used | {
            "API": cpu_seconds(self.api.pid),
            "MongoDB": cpu_seconds(self.servers.mongodb.pid),
            "Redis": cpu_seconds(self.servers.redis.pid),
        }


@contextmanager
def running_service(bench: Bench) -> Iterator[Service]:
    """Run an API and a worker on an empty database, until the context ends."""
    port = find_free_port()
    database = f"bench_{uuid4().hex[:8]}"
    environment = os.environ | {
        "MINILAB_MONGODB_URL": bench.servers.mongodb_url,
        "MINILAB_REDIS_URL": bench.servers.redis_url,
        "MINILAB_MONGODB_DATABASE": database,
        "MINILAB_ADMIN_KEY": ADMIN_KEY,
        "MINILAB_PORT": str(port),
    }
    with ExitStack() as stack:
        worker, api = (
            stack.enter_context(_python(bench, ["-m", module], port, environment))
            for module in ("tasks", "api")
        )
        # Ready means: MongoDB, Redis, and a live worker whose children are warm.
        api.wait_ready(START_SECONDS)
        yield Service(Address(port, ADMIN_KEY), api, worker, bench.servers, database)


@contextmanager
def running_bare_upload(bench: Bench) -> Iterator[Address]:
    """Run the bare route until the context ends."""
    port = find_free_port()
    command = ["-m", "benchmarks.bare_upload", str(port)]
    with _python(bench, command, port, dict(os.environ)) as server:
        server.wait_ready(START_SECONDS)
        yield Address(port)


@contextmanager
def _python(
    bench: Bench, arguments: list[str], port: int, environment: dict[str, str]
) -> Iterator[ServerProcess]:
    process = ServerProcess(
        arguments[1],
        [sys.executable, *arguments],
        url=f"http://127.0.0.1:{port}",
        is_ready=partial(_answers, port),
        output=bench.folder / f"{arguments[1]}.log",
        environment=environment | {"PYTHONPATH": str(ROOT)},
    )
    process.spawn()
    try:
        yield process
    finally:
        process.stop()


def _answers(port: int) -> bool:
    """Ask once whether a server is ready; the bare route has no such answer but 404."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=READY_TIMEOUT_SECONDS)
    with suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/readyz")
        return connection.getresponse().status in {http.client.OK, http.client.NOT_FOUND}
    return False
