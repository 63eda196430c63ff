"""Places of resumable uploads hold exactly, however many are created at once."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from domain.errors.access import LinkUsedUp
from domain.errors.capacity import TooManyResumable
from domain.limits import ResumableLimits
from domain.links import LinkPlan, UploadLink
from domain.resumable import ResumableUpload, UploadPlan
from storage.clock import utc_now
from storage.resumable.uploads import ResumableUploads
from storage.stores import Stores
from tests.access import ADMIN

LIMITS = ResumableLimits(tenant_max_resumable_uploads=100)


def _several(stores: Stores, count: int) -> list[ResumableUploads]:
    """Give the uploads as several API processes have them: nothing shared but MongoDB."""
    return [
        ResumableUploads(stores.client, stores.database, stores.blob_stores) for _ in range(count)
    ]


async def _create(
    uploads: ResumableUploads, link: UploadLink | None, length: int = 10, key: str | None = None
) -> ResumableUpload | Exception:
    plan = UploadPlan(
        owner="user:u1" if link is None else f"key:{link.id}",
        key_id="k1" if link is None else link.id,
        link_id=None if link is None else link.id,
        user_id="u1",
        length=length,
        filename="a.jpg",
        metadata="",
        expires_at=utc_now() + timedelta(hours=1),
        creation_key=key,
    )
    try:
        return await uploads.create(plan, LIMITS)
    except (LinkUsedUp, TooManyResumable) as refusal:
        return refusal


async def _link(stores: Stores, **plan: Any) -> UploadLink:
    return await stores.upload_links.create(LinkPlan(expires_in=60, **plan), "mll_x", "admin")


@pytest.mark.parametrize("processes", [1, 4])
async def test_1000_creations_at_once_of_50_files_allowed_make_50(
    stores: Stores, processes: int
) -> None:
    link = await _link(stores, max_files=50)
    through = _several(stores, processes)
    answers = await asyncio.gather(*(_create(through[n % processes], link) for n in range(1000)))
    assert Counter(map(type, answers)) == {ResumableUpload: 50, LinkUsedUp: 950}
    assert await stores.database["resumable_uploads"].count_documents({}) == 50
    now = await stores.upload_links.get(link.id, ADMIN)
    assert now is not None
    assert (now.reserved_files, now.reserved_bytes, now.left_files) == (50, 500, 0)


async def test_places_that_are_given_back_are_taken_again(stores: Stores) -> None:
    link = await _link(stores, max_files=20)
    first, second = _several(stores, 2)
    created = await asyncio.gather(*(_create(first, link) for _ in range(20)))

    async def delete(upload: ResumableUpload | Exception) -> None:
        assert isinstance(upload, ResumableUpload)
        await second.delete(upload.owner, upload.id)

    answers = await asyncio.gather(
        *(delete(upload) for upload in created), *(_create(first, link) for _ in range(60))
    )
    made = sum(isinstance(answer, ResumableUpload) for answer in answers)
    there = await stores.database["resumable_uploads"].count_documents({})
    assert made == there <= 20
    now = await stores.upload_links.get(link.id, ADMIN)
    assert now is not None
    assert now.reserved_files == there


@pytest.mark.parametrize("is_first", [False, True])
async def test_owner_has_exactly_so_many(stores: Stores, is_first: bool) -> None:
    if is_first:  # As in a new database, in which nobody has created an upload.
        await stores.database.drop_collection("resumable_accounts")
        await stores.prepare()
        assert "resumable_accounts" in await stores.database.list_collection_names()
    through = _several(stores, 3)
    answers = await asyncio.gather(*(_create(through[n % 3], None) for n in range(300)))
    assert Counter(map(type, answers)) == {ResumableUpload: 100, TooManyResumable: 200}
    account = await stores.database["resumable_accounts"].find_one({"_id": "user:u1"})
    assert account == {"_id": "user:u1", "reserved_files": 100, "reserved_bytes": 1000}


@pytest.mark.parametrize("through_link", [True, False])
async def test_creations_at_once_with_one_key_make_one_upload(
    stores: Stores, through_link: bool
) -> None:
    link = await _link(stores, max_files=5) if through_link else None
    through = _several(stores, 4)
    created = await asyncio.gather(
        *(_create(through[n % 4], link, key=f"key {n % 3}") for n in range(60))
    )
    uploads = [one for one in created if isinstance(one, ResumableUpload)]
    assert len(uploads) == len(created)
    assert len({one.id for one in uploads}) == 3
    # Each answer has its own fence: of the requests that send bytes, the last one goes on.
    assert len({(one.id, one.fence) for one in uploads}) == 60
    place = await stores.database["upload_links" if link else "resumable_accounts"].find_one()
    assert place is not None
    assert place["reserved_files"] == 3


async def test_key_of_a_creation_that_is_refused_makes_none(stores: Stores) -> None:
    link = await _link(stores, max_files=1)
    (uploads,) = _several(stores, 1)
    await _create(uploads, link)
    refused = await asyncio.gather(*(_create(uploads, link, key="k") for _ in range(9)))
    assert {type(one) for one in refused} == {LinkUsedUp}
