"""Results of an older version of an operation: kept, computed again on demand, counted once."""

from typing import Any

import numpy as np
import pytest
from bson import Binary

from domain.fingerprints import band_keys, signed_fingerprint
from domain.images.operations import VERSIONS
from storage.aggregates.aggregator import LEASE_NAME, Aggregator
from storage.mongo.client import DURABLE
from tests.integration.test_verification import verify
from tests.pictures import draw
from tests.plain_medians import plain_median
from tests.service import Service

pytestmark = pytest.mark.one_service

OLD_BINS = [0] * 255 + [64 * 48]
OLD_FINGERPRINT = "ffffffff00000000"


async def _aggregate(service: Service) -> None:
    stores = service.stores
    await stores.database["leases"].delete_one({"_id": LEASE_NAME})  # Of the aggregator before.
    await Aggregator(stores.client, stores.database).aggregate()


async def _make_old(service: Service) -> None:
    """Turn all results into those of an older version, which saw white and three faces."""
    bins = Binary(np.array(OLD_BINS, "<u4").tobytes())
    old = {"histogram": bins, "faces": [[1, 2, 3, 4]] * 3, "fingerprint": OLD_FINGERPRINT}
    signed = signed_fingerprint(OLD_FINGERPRINT)
    database = service.stores.database.with_options(write_concern=DURABLE)
    await database["blobs.files"].update_many(
        {},
        {
            "$set": {
                f"metadata.results.{name}": {"version": 1, "value": value}
                for name, value in old.items()
            }
        },
    )
    fields: dict[str, Any] = {f"cells.{name}.version": 1 for name in old}
    fields |= {"faces": 3, "fingerprint": signed, "fingerprint_bands": band_keys(signed)}
    await database["images"].update_many({}, {"$set": {**fields, "uncounted": True}})


async def _image(service: Service, image_id: str) -> dict[str, Any]:
    answer = await service.client.get(f"/v1/images/{image_id}")
    assert answer.status_code == 200
    return dict(answer.json())


async def _median(service: Service) -> dict[str, Any]:
    return dict((await service.client.get("/v1/histograms/median")).json())


@pytest.mark.parametrize("counted", [True, False], ids=["counted", "not counted yet"])
async def test_equal_bytes_are_computed_again_and_counted_once(
    working_service: Service, counted: bool
) -> None:
    content = draw()
    job = await working_service.process([("old.jpg", content)], user_id="u1")
    old_id = job["items"][0]["image_id"]
    fresh = await _image(working_service, old_id)
    await _make_old(working_service)
    if counted:
        await _aggregate(working_service)

    shown = await _image(working_service, old_id)
    assert shown["histogram"]["bins"] == OLD_BINS
    assert shown["faces"] == [{"box": [1, 2, 3, 4], "score": None}] * 3
    assert {shown["operations"][name]["version"] for name in ("histogram", "faces")} == {1}
    assert (await _median(working_service))["bins"][255] == 1

    job = await working_service.process([("new.jpg", content)], user_id="u1")
    new_id = job["items"][0]["image_id"]
    for image in (await _image(working_service, new_id), await _image(working_service, old_id)):
        for name in ("histogram", "faces", "fingerprint"):
            assert image[name] == fresh[name]
            assert image["operations"][name]["version"] == VERSIONS[name]
    bins = np.array([fresh["histogram"]["bins"]] * 2, np.uint32)
    for _ in range(2):
        found = await _median(working_service)
        assert (found["images"], found["bins"]) == (2, plain_median(bins))
        statistics = (await working_service.client.get("/v1/statistics")).json()
        assert statistics["totals"]["faces"] == 2 * len(fresh["faces"])
        await _aggregate(working_service)
    likeness = {"similar_to": old_id, "distance": 0}
    alike = (await working_service.client.get("/v1/images", params=likeness)).json()["items"]
    assert {image["id"] for image in alike} >= {new_id}
    assert (await verify(working_service)).broken == {}
