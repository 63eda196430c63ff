"""With gps=strip nothing that is served tells the position."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.pictures import draw
from tests.positions import exif_with_place, files_with_places, tags_that_tell
from tests.problems import assert_problem
from tests.service import Service, running_service

pytestmark = [pytest.mark.one_service, pytest.mark.stores("gridfs", "s3")]

VARIANTS = ("original", "grayscale", "thumbnail", "faces")
PHOTO = draw(160, 120, exif=exif_with_place().tobytes())


async def _upload(service: Service, content: bytes, name: str = "a.jpg", **fields: str) -> str:
    job = await service.process([(name, content)], **fields)
    assert job["status"] == "succeeded", job
    return str(job["items"][0]["image_id"])


async def _read(service: Service, image_id: str) -> dict[str, Any]:
    answer = await service.client.get(f"/v1/images/{image_id}")
    assert answer.status_code == 200
    image: dict[str, Any] = answer.json()
    return image


async def _fetch(
    service: Service, image_id: str, variant: str = "original", **headers: str
) -> httpx.Response:
    route = f"/v1/images/{image_id}/content?variant={variant}"
    return await service.client.get(
        route, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


async def _served(service: Service, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Upload files without their places, and fetch all that is served of them."""
    job = await service.process(list(files.items()), gps="strip")
    served: dict[str, bytes] = {}
    for item in job["items"]:
        for variant in VARIANTS:
            answer = await _fetch(service, item["image_id"], variant)
            name = item["filename"]
            if variant != "original" and answer.status_code == 422:
                continue  # What cannot be decoded has an original alone.
            assert answer.status_code == 200, (name, variant, answer.text)
            served[f"{variant} {name}"] = answer.content
        image = await _read(service, item["image_id"])
        assert image["metadata"] is None or image["metadata"]["gps"] is None, item["filename"]
    return served


async def test_nothing_served_of_drawn_files_tells_a_place(
    working_service: Service, tmp_path: Path
) -> None:
    files = files_with_places()
    served = await _served(working_service, files)
    assert len(served) == len(files) * len(VARIANTS)
    assert tags_that_tell(served, tmp_path) == {}


async def test_nothing_served_of_real_photos_tells_a_place(
    working_service: Service, test_data: Path, tmp_path: Path
) -> None:
    paths = [path for path in (test_data / "photos").iterdir() if path.is_file()]
    photos = {path.name: path.read_bytes() for path in paths if path.suffix != ".json"}
    (before := tmp_path / "before").mkdir()
    (after := tmp_path / "after").mkdir()
    told = tags_that_tell(photos, before)
    assert {"DSCN0010.jpg", "IMG_5195.HEIC", "Kodak_CX7530.jpg", "iphone_hdr_YES.jpg"} <= set(told)
    served = await _served(working_service, {name: photos[name] for name in told})
    assert tags_that_tell(served, after) == {}


async def test_position_is_kept_unless_asked_otherwise(working_service: Service) -> None:
    for wish in ("keep", ""):
        image_id = await _upload(working_service, PHOTO, gps=wish)
        image = await _read(working_service, image_id)
        assert image["gps"] == "keep"
        assert image["metadata"]["gps"]["latitude"] == pytest.approx(47.37286, abs=1e-4)
        assert (await _fetch(working_service, image_id)).content == PHOTO


async def test_equal_bytes_are_stored_once_and_each_image_keeps_to_its_own_policy(
    working_service: Service,
) -> None:
    kept = await _upload(working_service, PHOTO, user_id="u1")
    stripped = await _upload(working_service, PHOTO, user_id="u2", gps="strip")
    assert await working_service.count("blobs.files") == 1
    before, after = await _read(working_service, kept), await _read(working_service, stripped)
    assert (before["gps"], after["gps"]) == ("keep", "strip")
    assert before["metadata"]["gps"] is not None
    assert after["metadata"] == before["metadata"] | {"gps": None}
    assert (await _fetch(working_service, kept)).content == PHOTO
    assert (await _fetch(working_service, stripped)).content != PHOTO
    page = (await working_service.client.get("/v1/images?user_id=u2")).json()
    assert [item["metadata"]["gps"] for item in page["items"]] == [None]
    document = await working_service.stores.database["images"].find_one({"_id": stripped})
    assert document is not None
    assert "location" not in document


async def test_stripped_original_has_its_own_etag_ranges_and_name(working_service: Service) -> None:
    kept = await _upload(working_service, PHOTO, "Straße.jpg")
    stripped = await _upload(working_service, PHOTO, "Straße.jpg", gps="strip")
    original, whole = await _fetch(working_service, kept), await _fetch(working_service, stripped)
    etag = whole.headers["etag"]
    assert etag != original.headers["etag"]
    for name in ("content-type", "content-disposition", "x-content-type-options"):
        assert whole.headers[name] == original.headers[name]
    assert int(whole.headers["content-length"]) == len(whole.content)
    part = await _fetch(working_service, stripped, range="bytes=10-99", if_range=etag)
    assert (part.status_code, part.content) == (206, whole.content[10:100])
    assert part.headers["content-range"] == f"bytes 10-99/{len(whole.content)}"
    other = await _fetch(
        working_service, stripped, range="bytes=10-99", if_range=original.headers["etag"]
    )
    assert (other.status_code, other.content) == (200, whole.content)
    known = await _fetch(working_service, stripped, if_none_match=etag)
    assert (known.status_code, known.content) == (304, b"")


async def test_stripped_original_is_made_once_and_goes_with_the_last_image(
    working_service: Service,
) -> None:
    image_id = await _upload(working_service, PHOTO, operations="metadata", gps="strip")
    assert await working_service.count("variants.files") == 0
    first = await _fetch(working_service, image_id)
    assert await working_service.count("variants.files") == 1
    assert (await _fetch(working_service, image_id)).content == first.content
    assert await working_service.count("variants.files") == 1
    assert (await working_service.client.delete(f"/v1/images/{image_id}")).status_code == 204
    assert await working_service.count("variants.files") == 0


async def test_original_is_stripped_before_the_image_is_processed(service: Service) -> None:
    job = (await service.send([("a.jpg", PHOTO)], gps="strip")).json()
    answer = await _fetch(service, job["items"][0]["image_id"])
    assert answer.status_code == 200
    assert answer.content != PHOTO


async def test_file_that_cannot_be_followed_is_not_served(working_service: Service) -> None:
    job = await working_service.process([("a.avif", draw(40, 30, kind="AVIF")[:-30])], gps="strip")
    assert job["status"] == "failed"
    answer = await _fetch(working_service, job["items"][0]["image_id"])
    assert_problem(answer, 422, "corrupt_image")


@pytest.mark.parametrize("route", ["/v1/jobs", "/process"])
async def test_every_upload_route_takes_the_policy(service: Service, route: str) -> None:
    job = (await service.send([("a.jpg", PHOTO)], route=route, gps="strip")).json()
    assert (await _read(service, job["items"][0]["image_id"]))["gps"] == "strip"
    refused = await service.send([("a.jpg", PHOTO)], route=route, gps="blur")
    assert_problem(refused, 422, "invalid_value")


async def test_default_is_what_the_settings_say(service: Service) -> None:
    environ = service.environ | {"MINILAB_GPS": "strip"}
    async with running_service(environ) as stripping:
        for wish, expected in (("", "strip"), ("keep", "keep")):
            job = (await stripping.send([("a.jpg", PHOTO)], gps=wish)).json()
            assert (await _read(stripping, job["items"][0]["image_id"]))["gps"] == expected


async def test_retry_keeps_the_policy(working_service: Service) -> None:
    job = await working_service.process([("a.jpg", PHOTO[: len(PHOTO) // 4])], gps="strip")
    assert job["status"] == "failed"
    again = await working_service.client.post(f"/v1/jobs/{job['id']}/retry")
    assert again.status_code in {200, 202}
    await working_service.job(job["id"])
    assert (await _read(working_service, job["items"][0]["image_id"]))["gps"] == "strip"
