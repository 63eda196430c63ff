"""A bucket that is killed and frozen while people upload, read and delete, and files move."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from deploy.servers.process import ServerProcess
from deploy.servers.seaweedfs import ObjectServers, object_servers
from domain.ports import GRIDFS, S3
from storage.blobs.removals import Removals
from tests.buckets import list_objects, with_bucket
from tests.invariants import find_broken
from tests.pictures import draw
from tests.service import Service, running_service
from tests.waiting import until

NONE = timedelta(0)
FAULT_SECONDS = 3.0
UPLOADERS = 3
# In one request, and in parts.
SIDES = (64, 1500)


@pytest.fixture
def bucket(tmp_path: Path) -> Iterator[ObjectServers]:
    """A bucket of its own, which may be killed."""
    with object_servers(tmp_path / "objects") as running:
        yield running


@pytest.fixture
async def service(
    environ: dict[str, str], bucket: ObjectServers, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Service]:
    settings = with_bucket(environ, bucket, monkeypatch) | {
        "MINILAB_STORE_TIMEOUT_SECONDS": "2",
        "MINILAB_BLOB_INLINE_BYTES": "1000",
    }
    async with running_service(settings) as running:
        yield running


class People:
    """People who upload, read and delete, each until told to stop.

    Attributes:
        accepted: Jobs that were accepted.
        contents: Bytes by the path of the image, of those that are not to be deleted.
        refused: How often somebody was told to come again.
    """

    def __init__(self, service: Service) -> None:
        self.accepted: list[str] = []
        self.contents: dict[str, bytes] = {}
        self.refused = 0
        self._service = service
        self._number = 0

    async def are_accepted_again(self) -> None:
        """Wait until more uploads are accepted."""
        before = len(self.accepted)
        await until(lambda: len(self.accepted) > before + UPLOADERS)

    async def upload_on(self) -> None:
        while True:
            self._number += 1
            side = SIDES[self._number % len(SIDES)]
            content = draw(side, side, kind="BMP") + b"%d" % self._number
            files = [("a.bmp", content)]
            answer = await self._service.send(files, operations="metadata")
            if answer.status_code == 503:
                await self._come_again(int(answer.headers["Retry-After"]))
                continue
            assert answer.status_code == 202, answer.text
            job = answer.json()
            self.accepted.append(job["id"])
            path = f"/v1/images/{job['items'][0]['image_id']}"
            if len(self.accepted) % 3:
                self.contents[path] = content
            else:
                await self._delete(path)

    async def _delete(self, path: str) -> None:
        while (answer := await self._service.client.delete(path)).status_code != 204:
            assert answer.status_code == 503, answer.text
            await self._come_again(int(answer.headers["Retry-After"]))

    async def read_on(self) -> None:
        while True:
            await asyncio.sleep(0)  # There may be nothing to read yet.
            for path, content in random.sample(sorted(self.contents.items()), 1):
                try:
                    answer = await self._service.client.get(f"{path}/content")
                except httpx.RemoteProtocolError:
                    continue  # The bucket went away in the middle: the body was cut, and says so.
                if answer.status_code == 503:
                    await self._come_again(int(answer.headers["Retry-After"]))
                else:
                    assert (answer.status_code, answer.content == content) == (200, True)

    async def move_on(self) -> None:
        while True:
            for store in (GRIDFS, S3):
                wanted = {"operation": "move_bytes", "store": store}
                answer = await self._service.client.post("/v1/batches", json=wanted)
                assert answer.status_code == 202, answer.text
                await self._end_of(answer.json()["id"])

    async def _end_of(self, batch_id: str) -> None:
        async def has_ended() -> bool:
            batch = (await self._service.client.get(f"/v1/batches/{batch_id}")).json()
            return batch["status"] in {"succeeded", "partial", "failed"}

        await until(has_ended)

    async def _come_again(self, seconds: int) -> None:
        assert seconds >= 1
        self.refused += 1
        await asyncio.sleep(0.2)  # Sooner than it was told, so that more meets the fault.


async def _break(server: ServerProcess, *, kill: bool) -> None:
    """Take a server away for some seconds."""
    if kill:
        server.kill()
    else:
        server.freeze()
    try:
        await asyncio.sleep(FAULT_SECONDS)  # The outage itself.
    finally:
        if kill:
            server.spawn()  # Here: it ends with the thread that has started it.
            await asyncio.to_thread(server.wait_ready)
        else:
            server.resume()


@pytest.mark.long
async def test_nothing_is_lost_while_the_bucket_is_killed_and_frozen(
    service: Service, bucket: ObjectServers
) -> None:
    people, stores = People(service), service.stores
    async with service.working(reconcile_seconds=0.2):
        load = [asyncio.create_task(people.upload_on()) for _ in range(UPLOADERS)]
        await until(lambda: len(people.contents) > UPLOADERS)
        load += [asyncio.create_task(work()) for work in (people.read_on, people.move_on)]
        for server in (bucket.volume, bucket.gateway):
            for kill in (False, True):
                await _break(server, kill=kill)
                await people.are_accepted_again()
        for task in load:
            assert not task.done(), task
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        assert people.refused
        images = stores.database["images"]

        async def have_all_ended() -> bool:
            return await images.count_documents({"finished_at": None}) == 0

        await until(have_all_ended)
        states = {(image["status"], image["attempts"]) async for image in images.find()}
        assert states == {("succeeded", 1)}
        for path, content in people.contents.items():
            assert (await service.client.get(f"{path}/content")).content == content
    await stores.acceptance.drain()
    await Removals(stores.database, stores.blob_stores, NONE).carry_out()
    for _ in range(2):
        await stores.sweeper(NONE).sweep()
    assert await find_broken(stores, pause_seconds=0.2) == {}
    files = stores.database["blobs.files"].find({"metadata.store": S3})
    assert sorted(await list_objects(stores)) == sorted(
        [file["metadata"]["object"] async for file in files]
    )
    assert await stores.blob_stores.bucket.leftovers.remove(NONE) == 0
