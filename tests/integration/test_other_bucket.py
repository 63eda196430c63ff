"""A second dialect of S3, that of moto's server: the same service, the same answers."""

import logging
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import httpx
import pytest
from moto.server import ThreadedMotoServer

from domain.ports import GRIDFS, S3
from storage.blobs.removals import Removals
from tests.pictures import draw
from tests.service import Service, running_service
from tests.stored_files import list_objects

MB = 1024 * 1024
KEYS = {"AWS_ACCESS_KEY_ID": "anybody", "AWS_SECRET_ACCESS_KEY": "anything"}


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """The address of the server."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    # It would log signatures.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    httpx.put(f"{address}/bucket").raise_for_status()
    yield address
    server.stop()


@pytest.fixture
async def dialect(
    environ: dict[str, str], moto: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Service]:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    own = {
        "MINILAB_BLOB_URL": f"s3://bucket/some/prefix?endpoint={moto}",
        "MINILAB_BLOB_INLINE_BYTES": "64",
        "MINILAB_BLOB_REDIRECT_SECONDS": "60",
    }
    async with running_service(environ | KEYS | own) as service:
        yield service


async def test_files_are_written_read_moved_and_removed(dialect: Service) -> None:
    picture = draw(300, 200)
    large = picture + bytes(11 * MB)  # In parts.
    async with dialect.working():
        job = await dialect.process([("a.jpg", picture), ("b.jpg", large), ("c.jpg", picture)])
    assert job["status"] == "succeeded"
    assert sorted((await list_objects(dialect.stores)).values()) == [len(picture), len(large)]
    paths = [f"/v1/images/{item['image_id']}" for item in job["items"]]
    for path, content in zip(paths, (picture, large, picture), strict=True):
        headers = {"Range": f"bytes={len(content) - 9}-"}
        answer = await dialect.client.get(f"{path}/content", headers=headers, follow_redirects=True)
        assert (answer.status_code, answer.content) == (206, content[-9:])
    hashes = await dialect.stores.database["images"].distinct("sha256")
    for store in (GRIDFS, S3):
        assert [await dialect.stores.mover.move(sha256, store) for sha256 in hashes] == [True, True]
    for path in paths:
        assert (await dialect.client.delete(path)).status_code == 204
    removals = Removals(dialect.stores.database, dialect.stores.blob_stores, timedelta(0))
    await removals.carry_out()
    walk = dialect.stores.blob_stores.bucket.walk()
    assert [found async for page in walk for found in page] == []
