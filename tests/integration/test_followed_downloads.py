"""Clients follow the redirect of an original to the bucket, and do not show it their key."""

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.servers.seaweedfs import ObjectServers
from minilab_client import ApiError, AsyncMinilab, Minilab, Retries
from minilab_client.api.images import get_image_content
from tests.busy_bucket import BusyBucket, Mood, busy_bucket
from tests.command_line import environment_of, run_for
from tests.cutting_proxy import CuttingProxy, cutting_proxy
from tests.integration.test_typescript_client import compiled, end_of, start
from tests.pictures import draw
from tests.service import ADMIN_KEY, Service, running_service
from tests.stores import S3

__all__ = ["compiled"]  # A fixture, which pytest finds by its name here.

pytestmark = pytest.mark.stores(S3)

PICTURE = draw(width=512, height=512, kind="BMP")
PATIENT = Retries(first_pause=0.01)
USER_AGENT_OF_SERVICE = "object_store"
LET_THROUGH = 300_000
SCRIPT = """
import { Minilab } from 'minilab-client';
const { MINILAB_URL: baseUrl, MINILAB_API_KEY: apiKey, IMAGE } = process.env;
const minilab = new Minilab({ baseUrl, apiKey });
const picture = await minilab.readPicture(IMAGE);
process.stdout.write(Buffer.from(await picture.arrayBuffer()).toString('base64'));
"""


@pytest.fixture
async def bucket(objects: ObjectServers) -> AsyncIterator[BusyBucket]:
    async with busy_bucket(objects.endpoint) as bucket:
        yield bucket


@pytest.fixture
async def way(bucket: BusyBucket) -> AsyncIterator[CuttingProxy]:
    """The way to the bucket, on which connections can break."""
    async with cutting_proxy(bucket.endpoint) as proxy:
        yield proxy


@pytest.fixture
async def service(
    environ: dict[str, str], objects: ObjectServers, way: CuttingProxy
) -> AsyncIterator[Service]:
    settings = environ | {
        "MINILAB_BLOB_URL": objects.blob_url(environ["MINILAB_MONGODB_DATABASE"], way.url),
        "MINILAB_BLOB_REDIRECT_SECONDS": "60",
    }
    async with running_service(settings) as running:
        yield running


@pytest.fixture
async def image_id(service: Service, bucket: BusyBucket, way: CuttingProxy) -> str:
    """A picture in the bucket. From now on the bucket hears from clients alone."""
    answer = await service.send([("a.bmp", PICTURE)])
    bucket.headers.clear()
    await way.cut()
    return str(answer.json()["items"][0]["image_id"])


def _assert_asked(bucket: BusyBucket, times: int) -> None:
    """Check that clients have asked the bucket so often, beside the service, and without a key."""
    asked = [
        headers
        for headers in bucket.headers
        if not headers["User-Agent"].startswith(USER_AGENT_OF_SERVICE)
    ]
    assert len(asked) == times
    assert not any("Authorization" in headers for headers in asked)
    assert not any(ADMIN_KEY in value for headers in asked for value in headers.values())


async def test_python_client_downloads_from_the_bucket_and_goes_on_after_a_break(
    service: Service, image_id: str, bucket: BusyBucket, way: CuttingProxy, tmp_path: Path
) -> None:
    url, file = str(service.client.base_url), tmp_path / "a.bmp"
    way.cut_next(LET_THROUGH)
    async with AsyncMinilab(url, ADMIN_KEY, trust_env=False) as minilab:
        await minilab.download(image_id, file)
        assert file.read_bytes() == PICTURE
        assert bucket.headers[-1]["Range"].startswith("bytes=")
        _assert_asked(bucket, 2)
        content = await get_image_content.asyncio(image_id, client=minilab.client)
        assert content is not None
        _assert_asked(bucket, 3)
        await minilab.download(image_id, file, variant="grayscale")
        _assert_asked(bucket, 3)

    def use_the_waiting_twin() -> None:
        with Minilab(url, ADMIN_KEY, trust_env=False) as twin:
            twin.download(image_id, file)

    await asyncio.to_thread(use_the_waiting_twin)
    assert file.read_bytes() == PICTURE
    _assert_asked(bucket, 4)


async def test_python_client_tells_of_a_bucket_that_is_busy(
    service: Service, image_id: str, bucket: BusyBucket, tmp_path: Path
) -> None:
    bucket.mood = Mood.OFTEN_BUSY
    url = str(service.client.base_url)
    async with AsyncMinilab(url, ADMIN_KEY, retries=PATIENT, trust_env=False) as minilab:
        await minilab.download(image_id, tmp_path / "a.bmp")
        assert (tmp_path / "a.bmp").read_bytes() == PICTURE
        bucket.mood = Mood.BUSY
        with pytest.raises(ApiError, match="503"):
            await minilab.download(image_id, tmp_path / "b.bmp")
    assert not (tmp_path / "b.bmp").exists()


async def test_command_downloads_from_the_bucket(
    service: Service, image_id: str, bucket: BusyBucket, tmp_path: Path
) -> None:
    ended = await run_for(service, "images", "download", image_id, "--to", tmp_path)
    assert ended.code == 0, ended.err
    assert (tmp_path / "a.bmp").read_bytes() == PICTURE
    _assert_asked(bucket, 1)


async def test_typescript_client_downloads_from_the_bucket_and_goes_on_after_a_break(
    service: Service, image_id: str, bucket: BusyBucket, way: CuttingProxy, compiled: Path
) -> None:
    (compiled / "follow.js").write_text(SCRIPT)
    way.cut_next(LET_THROUGH)
    script = await start(compiled, "follow.js", IMAGE=image_id, **environment_of(service))
    assert base64.b64decode(await end_of(script)) == PICTURE
    _assert_asked(bucket, 2)


async def test_curl_downloads_from_the_bucket(
    service: Service, image_id: str, bucket: BusyBucket, tmp_path: Path
) -> None:
    curl = await asyncio.create_subprocess_exec(
        *("curl", "-sSL", "--noproxy", "*", "-o", str(tmp_path / "a.bmp")),
        *("-H", f"Authorization: Bearer {ADMIN_KEY}"),
        str(service.client.base_url.join(f"/v1/images/{image_id}/content")),
    )
    assert await curl.wait() == 0
    assert (tmp_path / "a.bmp").read_bytes() == PICTURE
    _assert_asked(bucket, 1)
