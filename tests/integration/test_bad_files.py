"""Files that cannot be used: the request succeeds, the item says why, its neighbours live."""

from typing import Any

import pytest

from tests.pictures import draw, png_header_of
from tests.service import File, Service

pytestmark = pytest.mark.one_service

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9"/></svg>'
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"
JPEG_2000 = b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(100)
REFUSED_AT_THE_DOOR: dict[str, tuple[File, str]] = {
    "empty": (("empty.jpg", b""), "empty_file"),
    "text renamed": (
        ("text.jpg", b"just some text, no picture at all\n" * 10),
        "unsupported_format",
    ),
    "one byte": (("one.jpg", b"\xff"), "unsupported_format"),
    "svg": (("drawing.svg", SVG), "unsupported_format"),
    "svg renamed": (("drawing.png", b'<?xml version="1.0"?>' + SVG), "unsupported_format"),
    "html": (("page.jpg", b"<!doctype html><script>alert(1)</script>"), "unsupported_format"),
    "eps": (("print.eps", EPS), "unsupported_format"),
    "jpeg 2000": (("old.jp2", JPEG_2000), "unsupported_format"),
    "elf": (("a.png", b"\x7fELF" + bytes(2000)), "unsupported_format"),
    "zeros": (("a.jpg", bytes(100_000)), "unsupported_format"),
}
REFUSED_BY_DECODER: dict[str, tuple[File, str]] = {
    "truncated": (("half.jpg", draw(400, 300)[:3000]), "corrupt_image"),
    "only magic": (("magic.jpg", b"\xff\xd8\xff\xe0"), "corrupt_image"),
    "50,000 x 50,000": (("bomb.png", png_header_of(50_000, 50_000)), "too_many_pixels"),
    "no pixels": (("flat.png", png_header_of(0, 10)), "corrupt_image"),
    "broken png": (("broken.png", draw(kind="PNG")[:200]), "corrupt_image"),
}


def assert_refused(item: dict[str, Any], filename: str, code: str) -> None:
    assert (item["filename"], item["status"]) == (filename, "failed")
    assert item["error"].keys() == {"code", "title", "detail"}
    assert item["error"]["code"] == code
    assert item["operations"]
    for cell in item["operations"].values():
        assert cell == {"status": "failed", "error": item["error"]}


async def test_refuses_each_unusable_file_with_its_reason(service: Service) -> None:
    files = [file for file, _ in REFUSED_AT_THE_DOOR.values()]
    answer = await service.send(files)
    assert answer.status_code == 202
    job = answer.json()
    assert (job["status"], job["queue"]["position"]) == ("failed", 0)
    assert job["finished_at"] == job["created_at"]
    assert job["progress"] == {"done": 0, "failed": 5 * len(files), "total": 5 * len(files)}
    for item, (file, code) in zip(job["items"], REFUSED_AT_THE_DOOR.values(), strict=True):
        assert item["image_id"] is None
        assert_refused(item, file[0], code)
    for kept in ("blobs.files", "blobs.chunks", "images"):
        assert await service.count(kept) == 0
    again = await service.client.get(f"/v1/jobs/{job['id']}")
    assert again.json() == job


async def test_fails_each_undecodable_file_with_its_reason(working_service: Service) -> None:
    good = ("good.jpg", draw())
    job = await working_service.process([*(f for f, _ in REFUSED_BY_DECODER.values()), good])
    assert job["status"] == "partial"
    assert job["items"][-1]["status"] == "succeeded"
    for item, (file, code) in zip(job["items"], REFUSED_BY_DECODER.values(), strict=False):
        assert_refused(item, file[0], code)
        image = (await working_service.client.get(f"/v1/images/{item['image_id']}")).json()
        assert (image["status"], image["error"]["code"]) == ("failed", code)
        assert image["metadata"] is image["histogram"] is image["faces"] is None
        for variant in ("grayscale", "thumbnail"):
            path = f"/v1/images/{item['image_id']}/content?variant={variant}"
            answer = await working_service.client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert (await working_service.client.delete(f"/v1/images/{item['image_id']}")).is_success
    assert await working_service.count("blobs.files") == 1


async def test_good_files_among_bad_ones_keep_their_order(working_service: Service) -> None:
    files = [
        file
        for number, (bad, _) in enumerate(REFUSED_AT_THE_DOOR.values())
        for file in (bad, (f"good{number}.jpg", draw(seed=number)))
    ]
    job = await working_service.process(files, operations="histogram")
    assert [item["filename"] for item in job["items"]] == [name for name, _ in files]
    expected = ["failed", "succeeded"] * len(REFUSED_AT_THE_DOOR)
    assert [item["status"] for item in job["items"]] == expected
    assert (job["status"], job["progress"]) == ("partial", {"done": 10, "failed": 10, "total": 20})


@pytest.mark.parametrize("route", ["/v1/jobs", "/process"])
async def test_waiting_for_nothing_but_refused_files_answers_at_once(
    service: Service, route: str
) -> None:
    answer = await service.send([("a.txt", b"text")], route=route, wait=30)
    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() < 30
