"""The whole service as processes of its own, which a test may kill, freeze and start again."""

import asyncio
import io
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import httpx
import psutil
import pymongo
from bson import Timestamp
from PIL import Image
from pymongo import MongoClient

from api.settings import read_settings
from deploy.probe import find_problem
from deploy.servers.embedded import EmbeddedServers
from deploy.servers.ports import find_free_port
from deploy.servers.process import ServerProcess
from domain.jobs import TERMINAL
from storage.stores import Stores, open_stores
from tests.databases import SharedDatabase
from tests.pictures import draw
from tests.service import (
    ADMIN_KEY,
    IDLE_SECONDS,
    NO_TLS,
    REPOSITORY,
    File,
    authorization,
    environment,
)
from tests.stores import ChosenStore
from tests.waiting import LATEST_SECONDS, until
from tests.warm.children import children_of
from tests.warm.process import WarmProcess

DATABASE = "faults"
LEASE_SECONDS = 2
STORE_SECONDS = 3
SENDINGS = 3
START_SECONDS = 90
"""The longest start of a process on a busy machine."""
ABANDONED_SECONDS = 6
"""How long MongoDB keeps the locks of a transaction whose client was killed; by default 20."""
SHORT: dict[str, object] = {
    "lease_seconds": LEASE_SECONDS,
    "hint_grace_seconds": 0.5,
    "reconcile_seconds": 0.2,
    "store_timeout_seconds": STORE_SECONDS,
    "redis_timeout_seconds": 1,
    "chunk_max_images": 4,
    "worker_group_images": 2,
    "worker_children": 2,
}


@cache
def _large_picture() -> bytes:
    return draw(1600, 1200)


@cache
def huge_picture() -> bytes:
    """Draw a PNG of some 1 MB that takes a child seconds and hundreds of megabytes."""
    file = io.BytesIO()
    Image.new("RGB", (9000, 9000), "gray").save(file, "PNG", compress_level=1)
    return file.getvalue()


def pictures(count: int, prefix: str, *, large: bool = False) -> list[File]:
    """Give files that differ: bytes after the end of a JPEG are no part of the picture.

    Args:
        count: How many.
        prefix: Sets them apart from those of other tests.
        large: Whether each takes a child a while (some 80 ms).
    """
    picture = _large_picture() if large else draw()
    return [(f"{prefix}-{n}.jpg", picture + f"{prefix}-{n}".encode()) for n in range(count)]


class Stack:
    """An API and any number of workers on real servers.

    Args:
        servers: The servers.
        environ: The settings of the processes, as variables.
        folder: Where they log.
        stores: What they keep, for a look from the outside.
        client: Speaks to the API as an admin.
        began: Time of the first write that counts.
    """

    def __init__(
        self,
        servers: EmbeddedServers,
        environ: dict[str, str],
        folder: Path,
        stores: Stores,
        client: httpx.AsyncClient,
    ) -> None:
        self.servers = servers
        self.environ = environ
        self.stores = stores
        self.client = client
        self.began: Timestamp | None = None
        self._folder = folder
        self._processes: list[ServerProcess] = []
        self.api = self._make("api", self._api_is_ready)

    def start_api(self) -> None:
        """Start the API, or start it again, on the same port."""
        self.api.start(START_SECONDS)

    def start_worker(
        self, *, wait: bool = True, warm: bool = True, **more: object
    ) -> ServerProcess:
        """Start a worker.

        Args:
            wait: Whether to wait until it has been seen.
            warm: Whether it and its children are forked (see :mod:`tests.warm`).
            **more: Settings of its own.
        """
        worker = self._make("tasks", lambda: self._was_seen(worker.pid), more, warm=warm)
        worker.spawn()
        if wait:
            worker.wait_ready(START_SECONDS)
        return worker

    def start_deliverer(self, *, wait: bool = True, **more: object) -> ServerProcess:
        """Start a deliverer of webhooks; see :meth:`start_worker`."""
        deliverer = self._make(
            "tasks.delivery", lambda: self._was_seen(deliverer.pid, "deliverers"), more
        )
        deliverer.spawn()
        if wait:
            deliverer.wait_ready(START_SECONDS)
        return deliverer

    def children(self, worker: ServerProcess) -> list[psutil.Process]:
        """Give the children that a worker decodes in."""
        return children_of(worker.pid)

    async def send(self, files: Sequence[File], **headers: str) -> httpx.Response:
        """Send files in one request."""
        parts = [("file", file) for file in files]
        return await self.client.post("/v1/jobs", files=parts, headers=headers)

    async def ticket(self, files: Sequence[File]) -> str:
        """Send files and get a ticket for them.

        On a busy machine MongoDB may take longer than the short limit of these tests. The service
        then says so, and the files are sent again, as a client does.
        """
        key = uuid4().hex
        for _ in range(SENDINGS):
            answer = await self.send(files, **{"Idempotency-Key": key})
            if answer.status_code != 503 or answer.json()["code"] != "unavailable":
                break
            await asyncio.sleep(int(answer.headers["Retry-After"]))  # As the service asks.
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    async def job(self, job_id: str, seconds: float = LATEST_SECONDS) -> dict[str, Any]:
        """Wait for the end of a job, whatever the API answers meanwhile."""
        job: dict[str, Any] = {}

        async def has_ended() -> bool:
            try:
                answer = await self.client.get(f"/v1/jobs/{job_id}", headers={"Prefer": "wait=2"})
            except httpx.TransportError:
                return False
            if answer.status_code == 200:
                job.update(answer.json())
            return job.get("status") in TERMINAL

        await until(has_ended, seconds)
        return job

    async def count_images(self, **query: object) -> int:
        """Count images."""
        return await self.stores.database["images"].count_documents(query)

    async def are_processing(self) -> bool:
        """Say whether a worker holds an image."""
        return await self.count_images(status="processing") > 0

    async def has_begun(self, ticket: str) -> bool:
        """Say whether a worker has taken up an image of a job, or ended it already."""
        return await self.count_images(job_id=ticket, status={"$ne": "queued"}) > 0

    def log(self, process: ServerProcess) -> str:
        """Read what a process said."""
        return (self._folder / f"{process.name}.log").read_text(errors="replace")

    @cached_property
    def _looks(self) -> MongoClient[dict[str, Any]]:
        return MongoClient(self.servers.mongodb_url)

    def make_database_empty(self) -> None:
        """Delete what the tests before have left."""
        with pymongo.timeout(60):
            SharedDatabase(self._looks, self.environ["MINILAB_MONGODB_DATABASE"]).make_empty()

    def stop(self) -> None:
        """End all processes."""
        for process in self._processes:
            process.kill()

    def close(self) -> None:
        """Close what looks at the stores."""
        self._looks.close()

    def _make(
        self,
        module: str,
        is_ready: Callable[[], bool],
        more: Mapping[str, object] = MappingProxyType({}),
        *,
        warm: bool = True,
    ) -> ServerProcess:
        name = f"{module}-{len(self._processes)}"
        own = {f"MINILAB_{key.upper()}": str(value) for key, value in more.items()}
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY)}
        environment |= self.environ | own
        process = (WarmProcess if warm else ServerProcess)(
            name,
            [sys.executable, "-m", module],
            is_ready=is_ready,
            url=str(self.client.base_url),
            output=self._folder / f"{name}.log",
            environment=environment,
        )
        self._processes.append(process)
        return process

    def _api_is_ready(self) -> bool:
        url = self.client.base_url
        return not find_problem(url.host, url.port or 0, "/healthz")

    def _was_seen(self, pid: int, kind: str = "workers") -> bool:
        processes = self._looks[self.environ["MINILAB_MONGODB_DATABASE"]][kind]
        return processes.find_one({"_id": {"$regex": f":{pid}:"}}) is not None


@asynccontextmanager
async def running_stack(
    servers: EmbeddedServers,
    folder: Path,
    variables: Mapping[str, str] = MappingProxyType({}),
    store: ChosenStore | None = None,
    /,
    **more: object,
) -> AsyncIterator[Stack]:
    """Run an API on real servers; workers are up to the test."""
    port = find_free_port()
    environ = environment(servers, DATABASE, store, port=port, **(SHORT | more)) | dict(variables)
    settings = read_settings(environ)
    async with (
        open_stores(settings.stores, settings.rules) as stores,
        httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}",
            headers=authorization(ADMIN_KEY),
            timeout=LATEST_SECONDS,
            trust_env=False,
            verify=NO_TLS,
            limits=httpx.Limits(max_connections=64, keepalive_expiry=IDLE_SECONDS),
        ) as client,
    ):
        await stores.redis.flushall()
        stack = Stack(servers, environ, folder, stores, client)
        stack.make_database_empty()
        if store is not None:
            store.make_empty(DATABASE)
        stack.began = (await stores.client.admin.command("ping"))["operationTime"]
        try:
            stack.start_api()
            yield stack
            stack.stop()
            # Who was killed in a transaction leaves it open, with its locks, for a minute.
            await stores.client.admin.command("killAllSessions", [])
        finally:
            stack.stop()
            stack.close()


@asynccontextmanager
async def fragile_stack(
    servers: EmbeddedServers, folder: Path, store: ChosenStore | None = None, /, **more: object
) -> AsyncIterator[Stack]:
    """An API in a process of its own; afterwards the servers are as they were before."""
    try:
        async with running_stack(servers, folder, {}, store, **more) as running:
            await running.stores.client.admin.command(
                {"setParameter": 1, "transactionLifetimeLimitSeconds": ABANDONED_SECONDS}
            )
            yield running
    finally:
        for server in servers.started:
            server.resume()
            server.start()
