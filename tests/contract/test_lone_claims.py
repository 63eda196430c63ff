"""Claims and ends of lone images: what they read and write, and whom they exclude."""

import asyncio

from domain.claims import ClaimedImage
from domain.job_changes import JobChange
from domain.jobs import Status
from domain.keys import Scope
from storage.backlog.lone_claims import Claimed
from storage.blobs.results import BlobResults, NewVariant
from storage.ledger.job_states import OfOneImage
from storage.stores import Stores
from tests.uploads import accept, claim, fail, finish, succeed


async def _claim(stores: Stores, job_id: str) -> Claimed:
    return await stores.lone_claims.claim(job_id, 0, "host:1")


async def _settle(stores: Stores, claimed: Claimed, image: ClaimedImage) -> JobChange | None:
    assert claimed.job is not None
    known = OfOneImage(claimed.job, succeed(image))
    return (await stores.ledger.states.settle([image.job_id], [known]))[0]


async def test_reads_the_bytes_and_the_job_of_an_only_image(stores: Stores) -> None:
    content = bytes(300_000)  # Two chunks.
    job_id = (await accept(stores, content, refused=1)).job.id
    claimed = await _claim(stores, job_id)
    (image,) = claimed.images
    assert (image.fence, image.attempts, image.worker) == (1, 1, "host:1")
    assert claimed.data == {image.sha256: content}
    assert claimed.blobs[image.sha256].size_bytes == len(content)
    assert await finish(stores.ledger, [succeed(image)]) == 1
    change = await _settle(stores, claimed, image)
    assert change is not None
    assert (change.version, change.status) == (2, Status.PARTIAL)
    assert change.end is not None
    seen = await stores.jobs.look(job_id, Scope())
    assert seen.job.tally == change.end.tally
    assert seen.job.finished_at == change.end.finished_at
    assert seen.items is not None
    assert seen.items[0].cells == change.end.cells


async def test_of_many_workers_one_gets_the_image(stores: Stores) -> None:
    job_id = (await accept(stores, b"a")).job.id
    claims = await asyncio.gather(*(_claim(stores, job_id) for _ in range(10)))
    assert sum(len(claimed.images) for claimed in claims) == 1
    assert (await claim(stores.ledger, job_id, 0))[1] == []


async def test_job_of_several_images_is_counted(stores: Stores) -> None:
    """A hint for one failed image of several: the others have ended."""
    job_id = (await accept(stores, b"a", b"b")).job.id
    _, (good, bad) = await claim(stores.ledger, job_id, 0)
    await finish(stores.ledger, [succeed(good), fail(bad)])
    await stores.ledger.settle(job_id)
    await stores.retry.reopen_job(job_id)
    claimed = await _claim(stores, job_id)
    assert [image.id for image in claimed.images] == [bad.id]
    assert claimed.data == {bad.sha256: b"b"}
    assert claimed.job is None


async def test_job_that_has_changed_meanwhile_is_counted(stores: Stores) -> None:
    job_id = (await accept(stores, b"a")).job.id
    claimed = await _claim(stores, job_id)
    (image,) = claimed.images
    await stores.cancellation.cancel_job(job_id)
    await stores.ledger.settle(job_id)
    assert await finish(stores.ledger, [succeed(image)]) == 0
    assert await _settle(stores, claimed, image) is None
    assert (await stores.jobs.get(job_id, Scope())).status is Status.CANCELED


async def test_end_of_an_image_after_another_change_is_counted(stores: Stores) -> None:
    job_id = (await accept(stores, b"a")).job.id
    claimed = await _claim(stores, job_id)
    (image,) = claimed.images
    await stores.ledger.states.start([job_id])
    assert await finish(stores.ledger, [succeed(image)]) == 1
    assert await _settle(stores, claimed, image) == JobChange(job_id, 3, Status.SUCCEEDED)


async def test_job_stays_open_if_the_primary_never_had_the_end_of_its_image(stores: Stores) -> None:
    """As after an election: a worker knows the end of an image, and the new primary does not."""
    job_id = (await accept(stores, b"a")).job.id
    claimed = await _claim(stores, job_id)
    (image,) = claimed.images
    assert await _settle(stores, claimed, image) == JobChange(job_id, 2, Status.PROCESSING)
    seen = await stores.jobs.get(job_id, Scope())
    assert (seen.status, seen.finished_at) == (Status.PROCESSING, None)
    assert await finish(stores.ledger, [succeed(image)]) == 1
    change = await stores.ledger.settle(job_id)
    assert change == JobChange(job_id, 3, Status.SUCCEEDED)


def _results(claimed: Claimed) -> BlobResults:
    (blob,) = claimed.blobs.values()
    variant = NewVariant(f"{blob.sha256}/thumbnail/v2", "image/webp", b"picture")
    result = {"version": 2, "value": "00ff", "warnings": [], "seconds": 0.1}
    return BlobResults(blob, {"width": 1}, {"fingerprint": result}, [variant])


async def _end(stores: Stores, claimed: Claimed) -> JobChange | None:
    (image,) = claimed.images
    assert claimed.job is not None
    return await stores.lone_ends.write(_results(claimed), OfOneImage(claimed.job, succeed(image)))


async def test_end_writes_results_image_and_job(stores: Stores) -> None:
    job_id = (await accept(stores, b"a", refused=1)).job.id
    claimed = await _claim(stores, job_id)
    change = await _end(stores, claimed)
    assert change is not None
    assert (change.version, change.status) == (2, Status.PARTIAL)
    seen = await stores.jobs.look(job_id, Scope())
    assert (seen.job.status, seen.job.version) == (Status.PARTIAL, 2)
    (blob,) = (await stores.blobs.find(list(claimed.blobs))).values()
    assert blob.results["fingerprint"]["value"] == "00ff"
    picture = await stores.variants.find(f"{blob.sha256}/thumbnail/v2")
    assert picture is not None
    parts = [part async for part in stores.variants.stream(picture, 0, picture.size_bytes)]
    assert parts == [b"picture"]
    assert await stores.ledger.settle(job_id) is None


async def test_end_of_a_lost_claim_writes_nothing(stores: Stores) -> None:
    job_id = (await accept(stores, b"a")).job.id
    claimed = await _claim(stores, job_id)
    await stores.ledger.release(claimed.id, claimed.images)
    _, (image,) = await claim(stores.ledger, job_id, 0)
    assert await _end(stores, claimed) is None
    (blob,) = (await stores.blobs.find(list(claimed.blobs))).values()
    assert blob.results == {}
    assert await finish(stores.ledger, [succeed(image)]) == 1


async def test_end_after_another_change_of_the_job_writes_nothing(stores: Stores) -> None:
    job_id = (await accept(stores, b"a")).job.id
    claimed = await _claim(stores, job_id)
    await stores.ledger.states.start([job_id])
    assert await _end(stores, claimed) is None
    assert await finish(stores.ledger, [succeed(image) for image in claimed.images]) == 1


async def test_picture_of_an_earlier_attempt_stays(stores: Stores) -> None:
    job_id = (await accept(stores, b"a")).job.id
    claimed = await _claim(stores, job_id)
    await stores.results.keep([_results(claimed)])
    assert await _end(stores, claimed) is not None


async def test_ends_at_the_same_time_are_left_to_the_batches(stores: Stores) -> None:
    job_ids = [(await accept(stores, content)).job.id for content in (b"a", b"b")]
    claims = [await _claim(stores, job_id) for job_id in job_ids]
    changes = await asyncio.gather(*(_end(stores, claimed) for claimed in claims))
    assert sum(change is not None for change in changes) == 1
