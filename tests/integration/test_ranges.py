"""Parts of a picture (RFC 9110, section 14)."""

import httpx
import pytest

from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import Service

pytestmark = [pytest.mark.one_service, pytest.mark.stores("gridfs", "s3")]

CHUNK = 255 * 1024
CONTENT = draw(16, 16) + bytes(number * 7 % 251 for number in range(251)) * 2_800
SIZE = len(CONTENT)

SATISFIABLE = {
    "bytes=0-99": (0, 100),
    "bytes=0-0": (0, 1),
    f"bytes={SIZE - 1}-": (SIZE - 1, SIZE),
    f"bytes={SIZE - 1}-{SIZE - 1}": (SIZE - 1, SIZE),
    "bytes=300000-": (300_000, SIZE),
    "bytes=-50": (SIZE - 50, SIZE),
    "bytes=-1": (SIZE - 1, SIZE),
    f"bytes=-{SIZE + 5}": (0, SIZE),
    f"bytes={CHUNK - 10}-{CHUNK + 9}": (CHUNK - 10, CHUNK + 10),
    f"bytes={CHUNK - 1}-{CHUNK - 1}": (CHUNK - 1, CHUNK),
    f"bytes={CHUNK}-{CHUNK}": (CHUNK, CHUNK + 1),
    f"bytes={CHUNK}-{2 * CHUNK - 1}": (CHUNK, 2 * CHUNK),
    f"bytes=1-{2 * CHUNK}": (1, 2 * CHUNK + 1),
    "bytes=0-": (0, SIZE),
    f"bytes=100-{SIZE * 10}": (100, SIZE),
    "bytes = 5 - 9": (5, 10),
}
UNSATISFIABLE = [f"bytes={SIZE}-", f"bytes={SIZE}-{SIZE + 1}", "bytes=99999999999999999999-"]
IGNORED = ["bytes=5-2", "bytes=abc", "bytes=", "lines=0-1", "junk", "bytes=0-1,5-6", "bytes=--1"]


class Picture:
    def __init__(self, client: httpx.AsyncClient, path: str, etag: str) -> None:
        self._client = client
        self._path = path
        self.etag = etag

    async def get(self, byte_range: str, **more: str) -> httpx.Response:
        headers = {"Range": byte_range} | {k.replace("_", "-"): v for k, v in more.items()}
        return await self._client.get(self._path, headers=headers)


@pytest.fixture
async def picture(service: Service) -> Picture:
    job = (await service.send([("a.jpg", CONTENT)])).json()
    path = f"/v1/images/{job['items'][0]['image_id']}/content"
    etag = (await service.client.get(path)).headers["etag"]
    return Picture(service.client, path, etag)


async def test_sends_each_part_that_can_be_asked_for(picture: Picture) -> None:
    for byte_range, (start, stop) in SATISFIABLE.items():
        answer = await picture.get(byte_range)
        assert answer.status_code == 206, byte_range
        assert answer.content == CONTENT[start:stop], byte_range
        assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{SIZE}"
        assert answer.headers["content-length"] == str(stop - start)
        assert answer.headers["etag"] == picture.etag


async def test_parts_make_up_the_whole(picture: Picture) -> None:
    step = 100_003
    parts = [
        (await picture.get(f"bytes={start}-{start + step - 1}")).content
        for start in range(0, SIZE, step)
    ]
    assert b"".join(parts) == CONTENT


async def test_rejects_part_past_the_end_and_tells_the_size(picture: Picture) -> None:
    for byte_range in UNSATISFIABLE:
        answer = await picture.get(byte_range)
        assert_problem(answer, 416, "range_not_satisfiable")
        assert answer.headers["content-range"] == f"bytes */{SIZE}"


async def test_sends_the_whole_for_ranges_that_it_does_not_do(picture: Picture) -> None:
    for byte_range in [*IGNORED, "bytes=" + ",".join(f"{n}-{n}" for n in range(500))]:
        answer = await picture.get(byte_range)
        assert answer.status_code == 200, byte_range
        assert answer.content == CONTENT, byte_range
        assert "content-range" not in answer.headers


async def test_sends_a_part_only_of_the_version_that_the_client_has(picture: Picture) -> None:
    same = await picture.get("bytes=0-9", If_Range=picture.etag)
    assert (same.status_code, same.content) == (206, CONTENT[:10])
    for other in ('"other"', f"W/{picture.etag}", "Sun, 22 Nov 2026 00:00:00 GMT", "junk", ""):
        answer = await picture.get("bytes=0-9", If_Range=other)
        assert (answer.status_code, answer.content) == (200, CONTENT), other
    beyond = await picture.get(f"bytes={SIZE}-", If_Range='"other"')
    assert beyond.status_code == 200


async def test_known_content_is_304_whatever_the_range(picture: Picture) -> None:
    answer = await picture.get("bytes=0-9", If_None_Match=picture.etag)
    assert (answer.status_code, answer.content) == (304, b"")


async def test_sends_parts_of_what_is_made_from_a_picture(service: Service) -> None:
    job = (await service.send([("a.jpg", draw(900, 700))])).json()
    path = f"/v1/images/{job['items'][0]['image_id']}/content?variant=grayscale"
    whole = (await service.client.get(path)).content
    assert len(whole) > CHUNK
    for start in (0, CHUNK - 5, len(whole) - 5):
        headers = {"Range": f"bytes={start}-{start + 9}"}
        answer = await service.client.get(path, headers=headers)
        assert (answer.status_code, answer.content) == (206, whole[start : start + 10])
