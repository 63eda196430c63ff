"""Results that another tenant's upload has computed: they appear as late as if computed again."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest

from sandbox.pool import ChildPool
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import Service, authorization
from tests.waiting import until

pytestmark = pytest.mark.one_service

FOR_EVER = 3600.0


@pytest.fixture
async def holding_service(service: Service) -> AsyncIterator[Service]:
    """The service with a worker that has one child: it computes no single image again."""
    async with service.working(worker_children=1):
        yield service


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the functions that ran in children."""
    names: list[str] = []
    run = ChildPool.run

    async def note(pool: ChildPool, function: Any, *args: Any, **options: Any) -> Any:
        names.append(function.__name__)
        return await run(pool, function, *args, **options)

    monkeypatch.setattr(ChildPool, "run", note)
    return names


async def _keep_times(service: Service, seconds: float) -> None:
    """Let all results have taken this long to compute, half of it for decoding."""
    files = service.stores.database["blobs.files"]
    async for file in files.find():
        results = file["metadata"]["results"]
        shares = {"decode_seconds": seconds / 2, "seconds": seconds / 2 / max(1, len(results))}
        await files.update_one(
            {"_id": file["_id"]},
            {
                "$set": {
                    f"metadata.results.{name}.{field}": share
                    for name in results
                    for field, share in shares.items()
                }
            },
        )
    await service.stores.database["variants.files"].update_many(
        {}, {"$set": {"metadata.seconds": seconds}}
    )


async def _send(service: Service, *contents: bytes, user_id: str) -> dict[str, Any]:
    files = [("a.jpg", content) for content in contents]
    answer = await service.send(files, user_id=user_id)
    assert answer.status_code == 202, answer.text
    job: dict[str, Any] = answer.json()
    return job


def _seconds(job: dict[str, Any]) -> float:
    created, finished = (
        datetime.fromisoformat(job[name]) for name in ("created_at", "finished_at")
    )
    return (finished - created).total_seconds()


async def test_time_of_each_result_is_kept(working_service: Service) -> None:
    await working_service.process([("a.jpg", draw(600, 400))], user_id="u1")
    file = await working_service.stores.database["blobs.files"].find_one()
    assert file is not None
    results = file["metadata"]["results"]
    assert len(results) == 5
    assert all(result["seconds"] > 0 for result in results.values())
    decoding = [results[name]["decode_seconds"] for name in ("metadata", "histogram", "thumbnail")]
    assert decoding == sorted(decoding)
    variant = await working_service.stores.database["variants.files"].find_one()
    assert variant is not None
    assert variant["metadata"]["seconds"] > results["thumbnail"]["seconds"]


async def test_known_picture_takes_another_tenant_as_long_and_no_child(
    holding_service: Service, calls: list[str]
) -> None:
    content = draw()
    first = await holding_service.process([("a.jpg", content)], user_id="u1")
    await _keep_times(holding_service, 1.5)
    calls.clear()
    job = await holding_service.process([("a.jpg", content)], user_id="u2")
    assert job["status"] == "succeeded"
    assert _seconds(job) >= 1.5
    assert calls == []
    images = [
        (await holding_service.client.get(f"/v1/images/{of['items'][0]['image_id']}")).json()
        for of in (first, job)
    ]
    for name in ("histogram", "metadata", "fingerprint", "faces", "width"):
        assert images[0][name] == images[1][name]


async def test_known_picture_on_an_idle_worker_is_computed_again(
    working_service: Service, calls: list[str]
) -> None:
    content = draw()
    await working_service.process([("a.jpg", content)], user_id="u1")
    await _keep_times(working_service, FOR_EVER)
    calls.clear()
    job = await working_service.process([("a.jpg", content)], user_id="u2")
    assert job["status"] == "succeeded"
    assert calls == ["process_batch"]


async def test_known_pictures_come_one_after_another(service: Service) -> None:
    contents = [draw(seed=number) for number in range(4)]
    async with service.working(worker_children=1):
        for content in contents:
            await service.process([("a.jpg", content)], user_id="u1")
        await _keep_times(service, 0.5)
        job = await service.process([("a.jpg", content) for content in contents], user_id="u2")
    assert job["status"] == "succeeded"
    assert _seconds(job) >= 4 * 0.5


async def test_duplicates_of_one_tenant_do_not_wait(working_service: Service) -> None:
    content = draw()
    link = await working_service.make_link(user_id="u1")
    await working_service.process([("a.jpg", content)], user_id="u1")
    headers = authorization(link["token"]) | {"Prefer": "wait=30"}
    through_link = await working_service.client.post(
        "/v1/uploads", files=[("a", ("a.jpg", content))], headers=headers
    )
    assert through_link.json()["status"] == "succeeded", through_link.text
    await _keep_times(working_service, FOR_EVER)
    jobs = await asyncio.gather(
        *(working_service.process([("b.jpg", content)] * 2, user_id="u1") for _ in range(5))
    )
    again = await working_service.client.post(
        "/v1/uploads", files=[("a", ("a.jpg", content))], headers=headers
    )
    assert {job["status"] for job in [*jobs, again.json()]} == {"succeeded"}


async def test_nothing_is_shown_before_its_time(holding_service: Service) -> None:
    content = draw()
    await holding_service.process([("a.jpg", content)], user_id="u1")
    await _keep_times(holding_service, FOR_EVER)
    link = await holding_service.make_link(user_id="u1")
    headers = authorization(link["token"])
    through_link = await holding_service.client.post(
        "/v1/uploads", files=[("a", ("a.jpg", content))], headers=headers
    )
    jobs = [await _send(holding_service, content, content, user_id="u2") for _ in range(2)]
    job_ids = [through_link.json()["id"], *(job["id"] for job in jobs)]
    images = holding_service.stores.database["images"]

    async def are_claimed() -> bool:
        claimed = await images.count_documents({"status": "processing"})
        return claimed == 5

    await until(are_claimed)
    for item in [item for job in jobs for item in job["items"]]:
        path = f"/v1/images/{item['image_id']}"
        image = (await holding_service.client.get(path)).json()
        assert image["status"] in {"queued", "processing"}  # A claim may not be committed yet.
        unknown = ("width", "height", "metadata", "histogram", "faces", "fingerprint")
        assert [image[name] for name in unknown] == [None] * 6
        assert_problem(
            await holding_service.client.get(f"{path}/content?variant=faces"), 409, "wrong_state"
        )
    # What was canceled was not seen: the next upload of it waits too.
    for job in jobs:
        assert (await holding_service.client.delete(f"/v1/jobs/{job['id']}")).status_code == 200
    job_ids.append((await _send(holding_service, content, user_id="u2"))["id"])
    assert await images.count_documents({"status": "succeeded"}) == 1
    for job_id in job_ids:
        await holding_service.client.delete(f"/v1/jobs/{job_id}")


async def test_operations_that_only_others_asked_for_take_their_time(
    holding_service: Service, calls: list[str]
) -> None:
    content = draw()
    await holding_service.process([("a.jpg", content)], user_id="u1", operations="histogram,faces")
    await holding_service.process([("a.jpg", content)], user_id="u2", operations="metadata")
    await _keep_times(holding_service, 1.0)
    calls.clear()
    job = await holding_service.process(
        [("a.jpg", content)], user_id="u2", operations="metadata,faces,fingerprint"
    )
    assert job["status"] == "succeeded"
    assert _seconds(job) >= 0.5 + 0.5 / 3
    assert calls == ["process_batch"], "nobody has its fingerprint"


async def test_results_without_a_time_are_computed_again(
    working_service: Service, calls: list[str]
) -> None:
    content = draw()
    await working_service.process([("a.jpg", content)], user_id="u1")
    files = working_service.stores.database["blobs.files"]
    names = ("metadata", "histogram", "faces", "fingerprint", "thumbnail")
    await files.update_many(
        {}, {"$unset": {f"metadata.results.{name}.seconds": 1 for name in names}}
    )
    calls.clear()
    job = await working_service.process([("a.jpg", content)], user_id="u2")
    assert job["status"] == "succeeded"
    assert calls == ["process_batch"]
    file = await files.find_one()
    assert file is not None
    assert all(result["seconds"] > 0 for result in file["metadata"]["results"].values())


async def test_variant_that_others_have_seen_takes_its_time_once(
    working_service: Service, calls: list[str]
) -> None:
    content = draw()
    of_user = {}
    for user_id in ("u1", "u2"):
        job = await working_service.process([("a.jpg", content)], user_id=user_id)
        again = await working_service.process([("a.jpg", content)], user_id=user_id)
        images = [of["items"][0]["image_id"] for of in (job, again)]
        of_user[user_id] = [f"/v1/images/{image}/content?variant=grayscale" for image in images]
    await working_service.client.get(of_user["u1"][0])
    await _keep_times(working_service, 1.0)
    calls.clear()
    before = time.monotonic()
    assert (await working_service.client.get(of_user["u2"][0])).status_code == 200
    assert time.monotonic() - before >= 1.0
    assert calls == []
    await _keep_times(working_service, FOR_EVER)
    for path in [*of_user["u1"], *of_user["u2"]]:
        assert (await working_service.client.get(path)).status_code == 200


async def test_known_bytes_are_written_again_for_another_tenant(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = draw()
    await _send(service, content, user_id="u1")
    delete = service.stores.acceptance._delete_unused

    async def leave() -> None:
        """Stands for a crash before the bytes are deleted."""

    monkeypatch.setattr(service.stores.acceptance, "_delete_unused", leave)
    await _send(service, content, user_id="u1")
    assert await service.orphan_chunks() == []
    await _send(service, content, user_id="u2")
    assert len(await service.orphan_chunks()) == 1
    monkeypatch.undo()
    await delete()
    assert await service.orphan_chunks() == []
