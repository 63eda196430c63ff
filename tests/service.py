"""The service as a test sees it: a client, the stores behind it, and a worker when it wants one."""

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar

from api.admission.admission import Admission
from api.app import create_app
from api.server.config import serving_config
from api.server.server import Server
from api.settings import Settings, read_settings
from deploy.servers.embedded import EmbeddedServers
from storage.blobs.objects import find_orphans
from storage.mongo.client import DURABLE
from storage.stores import Stores
from tasks.settings import read_settings as read_worker_settings
from tasks.worker import ImageWorker
from tests.stored_files import list_objects
from tests.stores import ChosenStore
from tests.token_guard import refuse_tokens
from tests.waiting import LATEST_SECONDS, until
from tests.warm.children import fork_children_of_tests

ADMIN_KEY = "an-admin-key-of-forty-characters-or-more"
SECRET_KEY = "a-secret-key-of-forty-characters-or-more"
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of plain HTTP: each would read the certificates of the system, in 15 ms."""
IDLE_SECONDS = 1
"""How long a client keeps an idle connection. The API keeps it for longer, else it might close it
at the moment when the client sends."""
REPOSITORY = Path(__file__).parent.parent
File = tuple[str, bytes]
"""Name and content of a file."""


def find_test_data() -> Path:
    """Give the folder of real pictures, or skip the test."""
    named = os.environ.get("MINILAB_TEST_DATA")
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "test-data"
    if not folder.is_dir():
        pytest.skip("needs the real pictures: set MINILAB_TEST_DATA to their folder")
    return folder


def environment(
    servers: EmbeddedServers, database: str, store: ChosenStore | None = None, /, **more: object
) -> dict[str, str]:
    """Make the variables that API and worker start with.

    Args:
        database: Name of the database, and of the part of the bucket.
        store: Where the bytes are; None: in MongoDB.
        **more: Settings by their names in lower case.
    """
    fixed = {
        "MINILAB_MONGODB_URL": servers.mongodb_url,
        "MINILAB_REDIS_URL": servers.redis_url,
        "MINILAB_MONGODB_DATABASE": database,
        "MINILAB_ADMIN_KEY": ADMIN_KEY,
        "MINILAB_ACCESS_LOG": "false",
        # Few tests render pictures, and a child takes a second to start.
        "MINILAB_WARM_RENDER_CHILDREN": "false",
        "MINILAB_SECRET_KEY": SECRET_KEY,
        # Beside other tests, children that give way would get nothing of a processor.
        "MINILAB_BATCH_NICENESS": "0",
        # All tests have one address.
        "MINILAB_MAX_WRONG_KEYS_PER_MINUTE": "0",
    }
    fixed |= store.variables(database) if store is not None else {}
    return fixed | {f"MINILAB_{name.upper()}": str(value) for name, value in more.items()}


class Service:
    """An API in this process, on real servers.

    Args:
        app: The API.
        client: Speaks to it as an admin.
        environ: The settings of API and workers, as variables.
    """

    def __init__(self, app: Litestar, client: httpx.AsyncClient, environ: dict[str, str]) -> None:
        self.app = app
        self.client = client
        self.environ = environ

    @property
    def stores(self) -> Stores:
        """The stores of the API."""
        stores: Stores = self.app.state.stores
        return stores

    @property
    def admission(self) -> Admission:
        """The admission of the API."""
        admission: Admission = self.app.state.admission
        return admission

    @property
    def settings(self) -> Settings:
        """The settings of the API."""
        settings: Settings = self.app.state.settings
        return settings

    async def send(
        self,
        files: Sequence[File],
        *,
        route: str = "/v1/jobs",
        wait: int | None = None,
        key: str = ADMIN_KEY,
        **fields: str,
    ) -> httpx.Response:
        """Send files, each in a part of another name."""
        headers = authorization(key) | ({"Prefer": f"wait={wait}"} if wait is not None else {})
        parts = [(f"part{index}", file) for index, file in enumerate(files)]
        return await self.client.post(route, files=parts, data=fields, headers=headers)

    async def job(self, job_id: str, wait: int = 30) -> dict[str, Any]:
        """Wait for the end of a job, as a polling client would."""
        async with asyncio.timeout(LATEST_SECONDS):
            while True:
                answer = await self.client.get(
                    f"/v1/jobs/{job_id}", headers={"Prefer": f"wait={wait}"}
                )
                assert answer.status_code == 200, answer.text
                job: dict[str, Any] = answer.json()
                if job["status"] not in {"queued", "processing"}:
                    return job

    async def process(self, files: Sequence[File], **fields: str) -> dict[str, Any]:
        """Send files and wait for the end of their job."""
        answer = await self.send(files, wait=30, **fields)
        assert answer.status_code in {200, 202}, answer.text
        return await self.job(answer.json()["id"])

    async def make_key(self, role: str, user_id: str | None = None) -> str:
        """Make a key and give its secret."""
        body = {"role": role} | ({"user_id": user_id} if user_id else {})
        answer = await self.client.post("/v1/api-keys", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["key"])

    async def make_link(self, **fields: Any) -> dict[str, Any]:
        """Make a link that is open for an hour, and give what its making is answered with."""
        answer = await self.client.post("/v1/upload-links", json={"expires_in": 3600} | fields)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def link(self, link_id: str) -> dict[str, Any]:
        """Read a link as its maker does."""
        answer = await self.client.get(f"/v1/upload-links/{link_id}")
        assert answer.status_code == 200, answer.text
        link: dict[str, Any] = answer.json()
        return link

    async def expire_link(self, link_id: str) -> None:
        """Have the time of a link be over."""
        links = self.stores.database["upload_links"].with_options(write_concern=DURABLE)
        past = datetime.now(UTC) - timedelta(seconds=1)
        await links.update_one({"_id": link_id}, {"$set": {"expires_at": past}})

    @asynccontextmanager
    async def working(self, **more: object) -> AsyncIterator[ImageWorker]:
        """Run a worker in this process."""
        fork_children_of_tests()
        environ = self.environ | {f"MINILAB_{k.upper()}": str(v) for k, v in more.items()}
        stop = asyncio.Event()
        worker = ImageWorker(read_worker_settings(environ), self.stores)
        running = asyncio.create_task(worker.run(stop))
        try:
            yield worker
        finally:
            stop.set()
            await running

    async def count(self, collection: str) -> int:
        """Count the documents of a collection, and with the chunks of blobs their objects."""
        documents = await self.stores.database[collection].count_documents({})
        if collection != "blobs.chunks":
            return documents
        return documents + len(await list_objects(self.stores))

    async def orphan_chunks(self) -> list[object]:
        """Find chunks and objects that belong to no file and to no resumable upload."""
        objects = await list_objects(self.stores)
        orphans: list[object] = [*await find_orphans(self.stores.database, list(objects))]
        uploads = self.stores.database["resumable_uploads"]
        unused = await uploads.distinct("file_id", {"job_id": None})
        for bucket in ("blobs", "variants"):
            files = unused + await self.stores.database[f"{bucket}.files"].distinct("_id")
            orphans += await self.stores.database[f"{bucket}.chunks"].distinct(
                "files_id", {"files_id": {"$nin": files}}
            )
        return orphans


def authorization(key: str) -> dict[str, str]:
    """Make the header that shows a key."""
    return {"Authorization": f"Bearer {key}"}


@asynccontextmanager
async def running_service(
    environ: dict[str, str],
    *,
    prepare: bool = False,
    send_buffer_bytes: int | None = None,
    host: str = "127.0.0.1",
) -> AsyncIterator[Service]:
    """Serve an API over HTTP on a free port, in this process and on this loop.

    Args:
        environ: Its settings, as variables.
        prepare: Whether to make the collections and indexes of a database of its own first.
        host: Address to listen on.
        send_buffer_bytes: What the system keeps of what a client has not read; None: as it likes.
    """
    fork_children_of_tests()
    settings = read_settings(environ)
    app = create_app(settings)
    server = Server(serving_config(app, settings, log_level="warning"), app)
    listener = socket.create_server((host, 0))
    # As uvloop does for the real API. Else the body of each answer waits 40 ms for the
    # acknowledgement of its headers (Nagle's algorithm).
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if send_buffer_bytes is not None:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer_bytes)
    serving = asyncio.create_task(server.serve([listener]))
    await until(lambda: server.started or serving.done())
    reached = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104
    address = f"http://{reached}:{listener.getsockname()[1]}"
    headers = authorization(ADMIN_KEY)
    async with httpx.AsyncClient(
        base_url=address,
        headers=headers,
        timeout=LATEST_SECONDS,
        trust_env=False,
        verify=NO_TLS,
        limits=httpx.Limits(
            max_connections=100, max_keepalive_connections=20, keepalive_expiry=IDLE_SECONDS
        ),
        event_hooks={"response": [refuse_tokens]},
    ) as client:
        service = Service(app, client, environ)
        if prepare:
            await service.stores.prepare()
        yield service
    server.should_exit = True
    await serving


class KeptService:
    """A service that runs on for as long as the same settings are asked for."""

    def __init__(self) -> None:
        self._running: Service | None = None
        self._contexts = AsyncExitStack()

    async def run(self, environ: dict[str, str]) -> Service:
        """Give the service, which is started for the first time or with other settings."""
        if self._running is None or self._running.environ != environ:
            await self.aclose()
            self._running = await self._contexts.enter_async_context(running_service(environ))
        return self._running

    async def aclose(self) -> None:
        """Stop the service if it runs."""
        self._running = None
        await self._contexts.aclose()
