"""API keys at rest: hashed, found by their secret, gone when revoked."""

import asyncio

from domain.keys import Caller, Role, hash_secret
from storage.api_keys import CACHE_SECONDS, ApiKeys
from storage.connect import Stores


async def test_finds_caller_by_secret(stores: Stores) -> None:
    key, secret = await stores.api_keys.create(Role.CLIENT, "u1", "phone")
    assert await stores.api_keys.find_caller(secret) == Caller(key.id, Role.CLIENT, "u1")
    for wrong in ("", secret[:-1], secret + "x", secret.upper(), hash_secret(secret), key.id):
        assert await stores.api_keys.find_caller(wrong) is None


async def test_keeps_only_the_hash(stores: Stores) -> None:
    key, secret = await stores.api_keys.create(Role.SERVICE, None, None)
    document = await stores.database["api_keys"].find_one({"_id": key.id})
    assert document is not None
    assert document["hash"] == hash_secret(secret)
    assert secret not in repr(document)


async def test_revoked_key_is_unknown_at_once_and_soon_elsewhere(stores: Stores) -> None:
    other = ApiKeys(stores.database)
    key, secret = await stores.api_keys.create(Role.ADMIN, None, None)
    assert await other.find_caller(secret) is not None
    assert await stores.api_keys.revoke(key.id)
    assert await stores.api_keys.find_caller(secret) is None
    async with asyncio.timeout(CACHE_SECONDS + 2):
        while await other.find_caller(secret) is not None:
            await asyncio.sleep(0.05)


async def test_revoking_twice_keeps_the_first_time(stores: Stores) -> None:
    key, _ = await stores.api_keys.create(Role.ADMIN, None, None)
    assert await stores.api_keys.revoke(key.id)
    (first,) = await stores.api_keys.list_page(10, None)
    assert await stores.api_keys.revoke(key.id)
    assert await stores.api_keys.list_page(10, None) == [first]
    assert first.revoked_at is not None
    assert not await stores.api_keys.revoke("nope")


async def test_new_key_is_known_after_a_failed_try(stores: Stores) -> None:
    assert await stores.api_keys.find_caller("mlk_unknown") is None
    _, secret = await stores.api_keys.create(Role.SERVICE, None, None)
    assert await stores.api_keys.find_caller(secret) is not None


async def test_lists_newest_first(stores: Stores) -> None:
    made = [(await stores.api_keys.create(Role.SERVICE, None, str(n)))[0] for n in range(5)]
    assert await stores.api_keys.list_page(3, None) == made[:1:-1]
    assert await stores.api_keys.list_page(3, made[2].id) == made[1::-1]
