"""An upload is accepted only with a key that is still valid when its transaction begins."""

import asyncio
import os
from datetime import timedelta

import pytest

from domain.api_keys import ApiKey, KeyPlan
from domain.errors.access import Unauthenticated
from domain.jobs import ChunkPlan
from domain.keys import Role, key_secret
from storage.acceptance.acceptance import Acceptance
from storage.acceptance.uploads import Ticket
from storage.clock import utc_now
from storage.mongo.client import DURABLE
from storage.stores import Stores
from tests.access import revoke_key
from tests.stored_files import list_stored
from tests.uploads import make_upload
from tests.waiting import until


async def _key(stores: Stores) -> ApiKey:
    return await stores.api_keys.create(KeyPlan(Role.SERVICE), key_secret(os.urandom(32)))


async def _child(stores: Stores, service: ApiKey) -> ApiKey:
    """Create a key as the service key does."""
    plan = KeyPlan(Role.CLIENT, "u1", expires_in=600, service_id=service.id)
    return await stores.api_keys.create(plan, key_secret(os.urandom(32)))


async def _accept(
    acceptance: Acceptance, stores: Stores, key: ApiKey, content: bytes
) -> Ticket | Unauthenticated:
    coming = await make_upload(stores, content, key_id=key.id)
    try:
        return await acceptance.accept(coming)
    except Unauthenticated as refusal:
        return refusal


async def _expire(stores: Stores, key: ApiKey) -> None:
    keys = stores.database["api_keys"].with_options(write_concern=DURABLE)
    past = utc_now() - timedelta(seconds=1)
    await keys.update_one({"_id": key.id}, {"$set": {"expires_at": past}})


@pytest.mark.parametrize("whose", ["its own", "of its service"])
@pytest.mark.parametrize("ends", ["revoked", "expired"])
async def test_upload_of_a_key_that_ended_meanwhile_leaves_nothing(
    stores: Stores, ends: str, whose: str
) -> None:
    ending = key = await _key(stores)
    if whose == "of its service":
        key = await _child(stores, ending)
    assert isinstance(await _accept(stores.acceptance, stores, key, b"before"), Ticket)
    coming = await make_upload(stores, b"after" * 1_000_000, key_id=key.id)
    await (revoke_key(stores, ending.id) if ends == "revoked" else _expire(stores, ending))
    with pytest.raises(Unauthenticated):
        await stores.acceptance.accept(coming)
    for name in ("images", "jobs", "blobs.files"):
        assert await stores.database[name].count_documents({}) == 1
    (kept,) = await stores.database["blobs.files"].distinct("_id")

    async def only_the_bytes_of_the_first_are_left() -> bool:
        return await list_stored(stores) == [kept]

    await until(only_the_bytes_of_the_first_are_left)


async def test_other_uploads_of_the_same_transaction_are_accepted(stores: Stores) -> None:
    gone, kept = await _key(stores), await _key(stores)
    await revoke_key(stores, gone.id)
    answers = await asyncio.gather(
        *(
            _accept(stores.acceptance, stores, key, b"%d" % number)
            for number in range(10)
            for key in (gone, kept)
        )
    )
    assert [isinstance(answer, Ticket) for answer in answers] == [False, True] * 10
    assert await stores.database["images"].count_documents({}) == 10


@pytest.mark.parametrize("whose", ["its own", "of its service"])
async def test_nothing_comes_in_once_a_revocation_has_returned(stores: Stores, whose: str) -> None:
    ending = key = await _key(stores)
    if whose == "of its service":
        key = await _child(stores, ending)
    due_after = stores.acceptance._due_after
    others = [
        Acceptance(stores.client, stores.database, stores.blob_stores, ChunkPlan(), due_after)
        for _ in range(2)
    ]
    through = [stores.acceptance, *others]
    revoked = asyncio.Event()
    late: list[bool] = []

    async def upload(number: int) -> None:
        if number >= 60:
            await revoked.wait()
        began_after = revoked.is_set()
        answer = await _accept(through[number % 3], stores, key, b"%d" % number)
        if began_after:
            late.append(isinstance(answer, Ticket))

    async def revoke() -> None:
        await until(stores.database["jobs"].find_one)
        assert await revoke_key(stores, ending.id)
        revoked.set()

    await asyncio.gather(*(upload(number) for number in range(90)), revoke())
    assert len(late) >= 30
    assert not any(late)
