"""Searches among images: right to the last one, and each with an index."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from domain.fingerprints import MAX_DISTANCE, count_differing_bits
from domain.image_search import Circle, ImageFilter, Likeness
from domain.jobs import Status
from domain.keys import Scope
from storage.catalog.image_search import query_of
from storage.catalog.search_indexes import NEAR_DUPLICATES
from storage.clock import utc_now
from storage.stores import Stores
from tests.image_documents import finished_image, insert_images

EVERYTHING = Scope()
OF_USER = Scope(user_id="user-7")
IMAGES = 4000
BY_TIME = {"_id_", "user_id_1__id_-1"}
NOW = utc_now()


def _search(**wanted: Any) -> ImageFilter:
    return ImageFilter(EVERYTHING, **wanted)


# What is asked for, and the indexes that may serve it.
SEARCHES = {
    "everything": (_search(), BY_TIME),
    "rare format": (_search(format="avif"), {"format_1_user_id_1__id_-1"}),
    "make": (_search(camera_make="Rare"), {"camera_make_1_user_id_1__id_-1"}),
    "model": (_search(camera_model="Rare 1"), {"camera_model_1_user_id_1__id_-1"}),
    "failed": (_search(status=Status.FAILED), {"status_1_user_id_1__id_-1"}),
    "open": (_search(status=Status.QUEUED), {"due_at_1"}),
    "succeeded": (_search(status=Status.SUCCEEDED), BY_TIME),
    "day taken": (
        _search(taken_from=date(2020, 2, 3), taken_to=date(2020, 2, 3)),
        {"taken_on_1_user_id_1__id_-1"},
    ),
    "day uploaded": (
        _search(uploaded_from=NOW - timedelta(days=5), uploaded_before=NOW - timedelta(days=4)),
        BY_TIME,
    ),
    "many faces": (_search(min_faces=20), {"faces_1_user_id_1__id_-1"}),
    "place": (_search(near=Circle(48.2, 16.37, 500.0)), {"location_2dsphere_user_id_1"}),
}


async def _fill(stores: Stores, images: int = IMAGES) -> None:
    chance = random.Random(1)  # noqa: S311
    documents = []
    for number in range(images):
        rare = number % 400 == 7  # All of one user's, and all within the user's last few.
        facts: dict[str, Any] = {
            "format": "avif" if rare else "jpeg",
            "camera_make": "Rare" if rare else chance.choice(["Canon", "Nikon", None]),
            "camera_model": "Rare 1" if rare else chance.choice(["EOS 5D", "D90", None]),
            "taken_on": "2020-02-03" if rare else f"2021-{chance.randint(1, 12):02}-01",
            "faces": 20 if rare else chance.choice([0, 0, 1, 2]),
            "fingerprint": chance.getrandbits(64) - 2**63,
            "status": "failed" if rare else "succeeded",
            "location": {
                "type": "Point",
                "coordinates": [16.37, 48.2] if rare else [chance.uniform(-10, 10), 5.0],
            },
        }
        uploaded_at = NOW - timedelta(days=10) * (1 - number / images)
        documents.append(finished_image(f"user-{number % 10}", uploaded_at, **facts))
    for waiting in documents[7::400][:3]:
        waiting |= {"status": "queued", "due_at": NOW}
    await insert_images(stores.database, documents)


def _stages(plan: Any) -> Iterator[dict[str, Any]]:
    if isinstance(plan, dict):
        if "stage" in plan:
            yield plan
        for part in plan.values():
            yield from _stages(part)
    elif isinstance(plan, list):
        for part in plan:
            yield from _stages(part)


async def test_every_filter_uses_an_index(stores: Stores) -> None:
    await _fill(stores)
    images = stores.database["images"]
    for scope in (EVERYTHING, OF_USER):
        for name, (search, indexes) in SEARCHES.items():
            wanted = msgspec.structs.replace(search, scope=scope)
            found = await images.find(query_of(wanted)).sort("_id", -1).limit(21).explain()
            stages = list(_stages(found["queryPlanner"]["winningPlan"]))
            used = {stage["indexName"] for stage in stages if "indexName" in stage}
            assert "COLLSCAN" not in {stage["stage"] for stage in stages}, name
            assert used, name
            allowed = indexes | (BY_TIME - {"_id_"} if scope is OF_USER else set())
            assert used <= allowed, (name, scope)
            if not indexes & BY_TIME:
                read = found["executionStats"]["totalDocsExamined"]
                assert read <= 3 * 21, (name, scope, "reads hardly more than it gives")


async def test_near_duplicates_are_found_in_the_index_alone(stores: Stores) -> None:
    await _fill(stores, 500)
    match = {"fingerprint_bands": {"$in": [1, 2]}, "fingerprint": {"$gte": -(2**63), "$ne": 5}}
    for scope in ({}, {"user_id": "user-7"}):
        found = await stores.database.command(
            "explain",
            {
                "aggregate": "images",
                "pipeline": [{"$match": match | scope}, {"$group": {"_id": "$fingerprint"}}],
                "hint": NEAR_DUPLICATES,
                "cursor": {},
            },
        )
        stages = {stage["stage"] for stage in _stages(found)}
        assert "IXSCAN" in stages
        assert not stages & {"FETCH", "COLLSCAN"}


def _flip(chance: random.Random, fingerprint: int, bits: int) -> int:
    for bit in chance.sample(range(64), bits):
        fingerprint ^= 1 << bit
    return fingerprint if fingerprint < 2**63 else fingerprint - 2**64


@pytest.mark.parametrize("seed", range(3))
async def test_near_duplicates_are_those_that_brute_force_finds(stores: Stores, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    centers = [chance.getrandbits(64) for _ in range(20)]
    near = [
        finished_image(f"u{number % 3}", fingerprint=_flip(chance, centers[number % 20], bits))
        for number in range(1200)
        for bits in [chance.randint(0, 20)]
    ]
    far = [
        finished_image(f"u{number % 3}", fingerprint=_flip(chance, chance.getrandbits(64), 0))
        for number in range(1200)
    ]
    await insert_images(stores.database, near + far)
    for _ in range(40):
        of = chance.choice(near + far)
        scope = chance.choice([EVERYTHING, Scope(user_id="u1"), Scope(key_id="other")])
        distance = chance.choice([0, 1, 2, 3, 4, 5, 6, 7, 8, 12, MAX_DISTANCE])
        likeness = Likeness(of["_id"], of["fingerprint"], distance)
        expected = sorted(
            (
                (bits, image["_id"])
                for image in near + far
                if image is not of and scope.admits(image["user_id"], image["key_id"])
                for bits in [count_differing_bits(image["fingerprint"], of["fingerprint"])]
                if bits <= distance
            ),
            key=lambda found: (-found[0], found[1]),
            reverse=True,
        )
        paged: list[tuple[int, str]] = []
        while True:
            page = await stores.image_search.list_similar(
                ImageFilter(scope), likeness, 7, after=paged[-1] if paged else None
            )
            paged += [(bits, image.id) for bits, image in page]
            if len(page) < 7:
                break
        assert paged == expected
