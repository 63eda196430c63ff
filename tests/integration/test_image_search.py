"""Search among images over HTTP: each filter, all together, page by page, within the scope."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PIL import Image

from tests.image_documents import finished_image, insert_images
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import Service, authorization

pytestmark = pytest.mark.one_service

VIENNA = {"type": "Point", "coordinates": [16.3725, 48.2084]}


async def _listed(service: Service, query: str, key: str | None = None) -> list[str]:
    headers = authorization(key) if key else None
    answer = await service.client.get(f"/v1/images?{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return [image["filename"] for image in answer.json()["items"]]


async def _add(service: Service, *documents: dict[str, Any]) -> None:
    await insert_images(service.stores.database, documents)


def _exif() -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Maker", "Model 1"
    inner = exif.get_ifd(0x8769)
    inner[0x9003], inner[0x9011], inner[0xA434] = "2024:12:31 23:59:59", "-05:00", "Lens 50mm"
    place = exif.get_ifd(0x8825)
    place[1], place[2], place[3], place[4] = "N", (48.0, 12.0, 30.0), "E", (16.0, 22.0, 21.0)
    return exif.tobytes()


async def test_image_is_found_by_all_that_is_known_of_it(working_service: Service) -> None:
    files = [("a.jpg", draw(exif=_exif())), ("b.png", draw(kind="PNG", seed=3))]
    await working_service.process(files, user_id="u1")
    for query in [
        "format=jpeg",
        "camera=Model%201",
        "camera_make=Maker",
        "taken_from=2024-12-31&taken_to=2024-12-31",
        "taken_to=2025-01-01",
        "near=48.2084,16.3725&radius_m=100",
    ]:
        assert await _listed(working_service, query) == ["a.jpg"], query
    for query in [
        "camera=Model",
        "camera_make=maker",
        "taken_from=2025-01-01",
        "taken_to=2024-12-30",
        "near=48.3,16.3725",
        "faces=true",
        "min_faces=1",
        "status=failed",
        "status=processing",
        "format=jpeg&camera=Model%201&near=48.3,16.3725",
    ]:
        assert await _listed(working_service, query) == [], query
    both = await _listed(working_service, "faces=false&status=succeeded")
    assert sorted(both) == ["a.jpg", "b.png"]
    document = await working_service.stores.database["images"].find_one({"filename": "a.jpg"})
    assert document is not None
    assert document["lens_model"] == "Lens 50mm"
    assert document["taken_on"] == "2024-12-31"
    assert -(2**63) <= document["fingerprint"] < 2**63


async def test_image_with_stripped_position_has_no_place(working_service: Service) -> None:
    await working_service.process([("a.jpg", draw(exif=_exif()))], gps="strip")
    await working_service.process([("b.jpg", draw(exif=_exif()))], gps="keep")
    assert await _listed(working_service, "near=48.2084,16.3725") == ["b.jpg"]
    assert len(await _listed(working_service, "camera=Model%201")) == 2


async def test_what_others_asked_of_equal_bytes_is_not_found(working_service: Service) -> None:
    picture = draw(exif=_exif())
    await working_service.process([("all.jpg", picture)], user_id="u1")
    await working_service.process([("one.jpg", picture)], user_id="u2", operations="histogram")
    of_other = "user_id=u2&"
    assert await _listed(working_service, of_other) == ["one.jpg"]
    for query in ["camera=Model%201", "faces=false", "taken_from=2000-01-01", "near=48.2,16.3"]:
        assert await _listed(working_service, of_other + query) == [], query


async def test_days_of_upload_are_those_of_the_zone(service: Service) -> None:
    evening = datetime(2026, 3, 31, 23, 30, tzinfo=UTC)
    await _add(
        service,
        finished_image(uploaded_at=evening, filename="evening"),
        finished_image(uploaded_at=evening + timedelta(hours=1), filename="night"),
        finished_image(uploaded_at=evening + timedelta(days=1), filename="next"),
    )
    for query, names in [
        ("day=2026-03-31", ["evening"]),
        ("day=2026-03-31&tz=Asia/Tokyo", []),
        ("day=2026-04-01&tz=Asia/Tokyo", ["night", "evening"]),
        ("day=2026-03-31&tz=America/New_York", ["night", "evening"]),
        ("uploaded_from=2026-04-01", ["next", "night"]),
        ("uploaded_to=2026-03-31", ["evening"]),
        ("uploaded_from=2026-03-31&uploaded_to=2026-04-01", ["next", "night", "evening"]),
        ("uploaded_from=2026-04-01&tz=Europe/Vienna", ["next", "night", "evening"]),
        ("day=2026-04-01&uploaded_to=2026-03-31", []),
        ("uploaded_from=1960-01-01&uploaded_to=9999-12-31", ["next", "night", "evening"]),
        ("uploaded_from=0001-01-01&tz=Asia/Tokyo", ["next", "night", "evening"]),
    ]:
        assert await _listed(service, query) == names, query


async def test_counts_faces(service: Service) -> None:
    await _add(
        service,
        finished_image(filename="unknown"),
        *(finished_image(filename=str(faces), faces=faces) for faces in (0, 1, 3)),
    )
    for query, names in [
        ("faces=true", ["3", "1"]),
        ("faces=false", ["0"]),
        ("min_faces=1", ["3", "1"]),
        ("min_faces=2", ["3"]),
        ("faces=true&min_faces=3", ["3"]),
        ("faces=false&min_faces=1", []),
        ("", ["3", "1", "0", "unknown"]),
    ]:
        assert await _listed(service, query) == names, query


async def test_places_lie_within_the_radius(service: Service) -> None:
    places = {"vienna": VIENNA["coordinates"], "fiji": [179.99, -17.0], "pole": [100.0, 89.99]}
    await _add(
        service,
        finished_image(filename="nowhere"),
        *(
            finished_image(filename=name, location={"type": "Point", "coordinates": at})
            for name, at in places.items()
        ),
    )
    for query, names in [
        ("near=48.2084,16.3725&radius_m=1", ["vienna"]),
        # The tower is 6 km to the east.
        ("near=48.2404,16.4104&radius_m=4000", []),
        ("near=48.2404,16.4104&radius_m=5000", ["vienna"]),
        ("near=-17,-179.99&radius_m=5000", ["fiji"]),
        ("near=-17,-179.99&radius_m=2000", []),
        ("near=90,0&radius_m=2000", ["pole"]),
        ("near=-90.0,-180.0&radius_m=1000000", []),
    ]:
        assert await _listed(service, query) == names, query


async def test_finds_images_by_where_they_stand(service: Service) -> None:
    answer = await service.send([("open.png", draw(kind="PNG"))])
    assert answer.status_code == 202
    statuses = ["succeeded", "partial", "failed", "canceled"]
    await _add(service, *(finished_image(filename=status, status=status) for status in statuses))
    for status in statuses:
        assert await _listed(service, f"status={status}") == [status]
    assert await _listed(service, "status=queued") == ["open.png"]
    assert await _listed(service, "status=processing") == []


async def test_combined_filters_hold_on_every_page(service: Service) -> None:
    wanted: dict[str, Any] = {
        "camera_make": "M",
        "camera_model": "M1",
        "faces": 2,
        "taken_on": "2020-01-01",
    }
    names = [str(number) for number in range(9)]
    await _add(
        service, *(finished_image("u1", filename=n, **wanted, location=VIENNA) for n in names)
    )
    others: list[dict[str, Any]] = [
        {"camera_make": "N"}, {"camera_model": "M2"}, {"faces": 0}, {"taken_on": "2020-01-02"},
        {"format": "png"}, {"status": "failed"}, {"user_id": "u2"}, {"location": None},
    ]  # fmt: skip
    for other in others:
        document = finished_image("u1", **(wanted | {"location": VIENNA}))
        await _add(service, {k: v for k, v in (document | other).items() if v is not None})
    query = (
        "user_id=u1&camera_make=M&camera=M1&faces=true&taken_from=2020-01-01&taken_to=2020-01-01"
        "&format=jpeg&status=succeeded&near=48.2084,16.3725&radius_m=50&limit=4"
    )
    found, cursor = [], ""
    while True:
        page = (await service.client.get(f"/v1/images?{query}{cursor}")).json()
        found.append([image["filename"] for image in page["items"]])
        await _add(service, finished_image("u1", filename="new", **wanted, location=VIENNA))
        if "next_cursor" not in page:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert found == [names[:4:-1], names[4:0:-1], names[:1]]


async def test_search_shows_nothing_of_others(service: Service) -> None:
    facts: dict[str, Any] = {
        "camera_make": "M", "camera_model": "M1", "faces": 2, "taken_on": "2020-01-01",
        "location": VIENNA, "fingerprint": 5,
    }  # fmt: skip
    mine = finished_image("u1", filename="mine", **facts)
    other = finished_image("u2", filename="other", **facts)
    await _add(service, mine, other)
    key = await service.make_key("client", "u1")
    for query in [
        "", "format=jpeg", "camera_make=M", "camera=M1", "faces=true", "taken_from=2020-01-01",
        "near=48.2084,16.3725", "status=succeeded", "uploaded_from=2020-01-01",
    ]:  # fmt: skip
        assert await _listed(service, query, key) == ["mine"], query
        assert await _listed(service, f"user_id=u2&{query}", key) == [], query
        assert await _listed(service, query) == ["other", "mine"], query


@pytest.mark.parametrize(
    "query",
    [
        "format=svg", "status=done", "status=", "camera=", "camera_make=",
        "camera_make=" + "x" * 201,
        "taken_from=2020-02-30", "taken_from=2020-02-02&taken_to=2020-02-01",
        "uploaded_from=nope", "uploaded_from=2020-02-02&uploaded_to=2020-02-01",
        "tz=Mars/Olympus", "tz=../../etc/passwd", "tz=", "tz=" + "x" * 65, "tz=Europe",
        "faces=perhaps", "min_faces=0", "min_faces=many", "min_faces=99999999999999999999",
        "near=48.2", "near=91,0", "near=0,181", "near=a,b", "near=nan,nan", "near=1e3,0",
        "near=48.2,16.3&radius_m=0", "near=48.2,16.3&radius_m=nan", "near=48.2,16.3&radius_m=1e9",
        "near=48.2,16.3&radius_m=inf", "cursor=5.019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b4",
        "distance=17", "distance=-1", "distance=1.5",
        "similar_to=x&cursor=019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b4",
    ],
)  # fmt: skip
async def test_refuses_values_that_mean_nothing(refusing: Service, query: str) -> None:
    assert_problem(await refusing.client.get(f"/v1/images?{query}"), 422, "invalid_value")
