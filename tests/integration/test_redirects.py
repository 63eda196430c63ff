"""Originals in a bucket are answered with a signed URL, where the service is set up so."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from deploy.servers.seaweedfs import ObjectServers
from tests.pictures import draw
from tests.service import Service, running_service
from tests.stores import S3

pytestmark = pytest.mark.stores(S3)

PHOTO = Path("photos") / "DSCN0010.jpg"


@pytest.fixture
async def redirecting(environ: dict[str, str]) -> AsyncIterator[Service]:
    """A service that redirects, without a worker."""
    async with running_service(
        environ | {"MINILAB_BLOB_REDIRECT_SECONDS": "60", "MINILAB_ACCESS_LOG": "true"}
    ) as service:
        yield service


async def _send(service: Service, content: bytes, gps: str = "keep") -> str:
    answer = await service.send([("a.jpg", content)], gps=gps)
    assert answer.status_code == 202, answer.text
    return f"/v1/images/{answer.json()['items'][0]['image_id']}/content"


async def test_original_is_read_from_the_bucket_whole_and_in_parts(
    redirecting: Service, objects: ObjectServers
) -> None:
    content = draw(600, 400)
    path = await _send(redirecting, content)
    answer = await redirecting.client.get(path)
    assert (answer.status_code, answer.content) == (307, b"")
    assert answer.headers["Cache-Control"] == "no-store"
    url = answer.headers["Location"]
    assert url.startswith(objects.endpoint)
    assert objects.credentials["AWS_SECRET_ACCESS_KEY"] not in url
    async with httpx.AsyncClient() as anybody:
        assert (await anybody.get(url)).content == content
        part = await anybody.get(url, headers={"Range": "bytes=10-19"})
        assert (part.status_code, part.content) == (206, content[10:20])
        assert (await anybody.get(url.replace("X-Amz-Expires=60", "X-Amz-Expires=600"))).is_error
    # A client that follows sends no key to the bucket, and its Range.
    followed = await redirecting.client.get(
        path, headers={"Range": "bytes=-5"}, follow_redirects=True
    )
    assert (followed.status_code, followed.content) == (206, content[-5:])


async def test_what_a_signed_url_cannot_answer_is_answered_here(redirecting: Service) -> None:
    content = draw(600, 400)
    path = await _send(redirecting, content)
    head = await redirecting.client.head(path)
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(content)))
    tag = head.headers["ETag"]
    known = await redirecting.client.get(path, headers={"If-None-Match": tag})
    assert known.status_code == 304
    headers = {"If-Range": tag, "Range": "bytes=5-"}
    resumed = await redirecting.client.get(path, headers=headers)
    assert (resumed.status_code, resumed.content) == (206, content[5:])
    beyond = await redirecting.client.get(path, headers={"Range": f"bytes={len(content)}-"})
    assert beyond.status_code == 416


async def test_position_is_never_given_away(redirecting: Service, test_data: Path) -> None:
    photo = (test_data / PHOTO).read_bytes()
    stripped = await redirecting.client.get(await _send(redirecting, photo, gps="strip"))
    assert stripped.status_code == 200
    assert len(stripped.content) < len(photo)
    assert (await redirecting.client.get(await _send(redirecting, photo))).status_code == 307


async def test_only_originals_in_the_bucket_are_redirected(redirecting: Service) -> None:
    content = draw(600, 400)
    path = await _send(redirecting, content)
    gray = await redirecting.client.get(path, params={"variant": "grayscale"})
    assert gray.status_code == 200
    signed = await redirecting.client.get(f"{path}-url")
    answer = await redirecting.client.get(signed.json()["url"], headers={"Authorization": ""})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (307, "no-store")


async def test_bytes_come_from_the_service_by_default(service: Service) -> None:
    content = draw(600, 400)
    answer = await service.client.get(await _send(service, content))
    assert (answer.status_code, answer.content) == (200, content)
