"""Keys and links of service keys in MongoDB: their limits, their end, their last use."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from pymongo.errors import PyMongoError

from domain.api_keys import ApiKey, KeyPlan
from domain.audit import AuditAction, AuditFilter
from domain.errors.access import TooManyKeys, TooManyLinks, Unauthenticated
from domain.keys import Role, Scope, key_secret, link_token
from domain.links import LinkPlan, UploadLink
from storage.access.audit import new_entry
from storage.access.key_uses import MOST_KEYS, KeyUses
from storage.clock import utc_now
from storage.stores import Stores
from tests.access import ADMIN, revoke_key, revoke_link
from tests.uploads import accept


async def _key(stores: Stores, **more: object) -> ApiKey:
    plan = KeyPlan(Role.SERVICE) if not more else KeyPlan(Role.CLIENT, "u1", **more)  # type: ignore[arg-type]
    return await stores.api_keys.create(plan, key_secret(os.urandom(32)))


async def _link(stores: Stores, service: ApiKey, most: int = 0) -> UploadLink:
    plan = LinkPlan(expires_in=600, service_id=service.id, max_links=most)
    create = stores.upload_links.create
    return await stores.idempotency.create(
        None, "", lambda session: create(plan, link_token(os.urandom(32)), service.id, session)
    )


async def test_service_key_creates_keys_up_to_its_limit(stores: Stores) -> None:
    service = await _key(stores)
    made = [await _key(stores, service_id=service.id, max_keys=2, expires_in=600) for _ in range(2)]
    with pytest.raises(TooManyKeys):
        await _key(stores, service_id=service.id, max_keys=2, expires_in=600)
    past = {"$set": {"expires_at": utc_now() - timedelta(seconds=1)}}
    await stores.database["api_keys"].update_one({"_id": made[0].id}, past)
    await _key(stores, service_id=service.id, max_keys=2, expires_in=600)


async def test_service_key_creates_links_up_to_its_limit_however_many_at_once(
    stores: Stores,
) -> None:
    service = await _key(stores)

    async def create() -> UploadLink | None:
        try:
            return await _link(stores, service, most=3)
        except TooManyLinks:
            return None

    made = [link for link in await asyncio.gather(*(create() for _ in range(8))) if link]
    assert len(made) == 3
    assert await revoke_link(stores, made[0].id)
    assert await create() is not None


async def test_no_link_outlives_the_revocation_of_its_service_key(stores: Stores) -> None:
    service = await _key(stores)

    async def create() -> None:
        try:
            await _link(stores, service)
        except Unauthenticated:
            return

    await asyncio.gather(*(create() for _ in range(5)), revoke_key(stores, service.id))
    await create()
    links = stores.database["upload_links"]
    assert await links.count_documents({"revoked_at": None}) == 0


async def test_uses_of_a_key_are_written_once_a_minute(stores: Stores) -> None:
    key = await _key(stores)
    uses, others = stores.api_keys.uses, KeyUses(stores.database)
    assert await uses.write() == 0
    for _ in range(3):
        uses.note(key.id)
    assert await uses.write() == 1
    minute = utc_now().replace(second=0, microsecond=0)
    read = await stores.api_keys.get(key.id, ADMIN)
    assert read is not None
    assert read.last_used_at in {minute, minute - timedelta(minutes=1)}
    uses.note(key.id)
    others.note(key.id)  # In another process.
    assert await uses.write() + await others.write() == (utc_now() >= minute + timedelta(minutes=1))


async def test_uses_that_wait_are_bounded(stores: Stores) -> None:
    uses = KeyUses(stores.database)
    for number in range(MOST_KEYS + 10):
        uses.note(str(number))
    assert len(uses._to_write) == MOST_KEYS


async def test_secrets_of_expired_keys_are_removed_with_them(stores: Stores) -> None:
    plan = KeyPlan(Role.CLIENT, "u1", expires_in=60)
    await stores.key_secrets.create_with_key(stores.api_keys, plan, os.urandom(32))
    sweeper = stores.sweeper(timedelta(hours=1))
    await sweeper.sweep(utc_now() + timedelta(days=31))
    for name in ("api_keys", "webhook_key_secrets"):
        assert await stores.database[name].count_documents({}) == 0


Change = Callable[[Stores], Awaitable[object]]


async def _revoke_some_key(stores: Stores) -> object:
    (key,) = await stores.api_keys.list_page(1, None, ADMIN)
    return await revoke_key(stores, key.id)


async def _revoke_some_link(stores: Stores) -> object:
    (link,) = await stores.upload_links.list_page(1, None, ADMIN)
    return await revoke_link(stores, link.id)


async def _delete_image(stores: Stores) -> object:
    image = await stores.database["images"].find_one()
    assert image is not None
    entry = new_entry(ADMIN, AuditAction.IMAGE_DELETED, image["_id"])
    return await stores.image_deletion.delete(image["_id"], Scope(), entry)


@pytest.mark.parametrize("change", [_revoke_some_key, _revoke_some_link, _delete_image])
async def test_nothing_changes_without_its_entry(stores: Stores, change: Change) -> None:
    service = await _key(stores)
    await _link(stores, service)
    await accept(stores, b"picture")
    names = ("api_keys", "upload_links", "images", "blobs.files")

    async def everything() -> list[object]:
        return [await stores.database[name].find().to_list(None) for name in names]

    before = await everything()
    refuse = {"refused": {"$exists": True}}
    await stores.database.command("collMod", "audit", validator=refuse)
    try:
        with pytest.raises(PyMongoError):
            await change(stores)
    finally:
        await stores.database.command("collMod", "audit", validator={})
    assert await everything() == before
    await change(stores)
    assert await everything() != before
    assert len(await stores.audit.list_page(AuditFilter(), 10)) == 1
