"""Stored API keys: hashed, found by their secret, invalid once revoked."""

import itertools
import os
from datetime import datetime, timedelta, timezone

import pytest

from domain.api_keys import MAX_LIFE, ApiKey, KeyPlan
from domain.errors.requests import InvalidValue
from domain.keys import Caller, Role, hash_secret, key_secret
from storage.access.api_keys import CACHE_SECONDS, ApiKeys
from storage.clock import utc_now
from storage.stores import Stores
from tests.access import ADMIN, revoke_key
from tests.waiting import until


async def _make(stores: Stores, plan: KeyPlan) -> tuple[ApiKey, str]:
    secret = key_secret(os.urandom(32))
    return await stores.api_keys.create(plan, secret), secret


async def test_finds_caller_by_secret(stores: Stores) -> None:
    key, secret = await _make(stores, KeyPlan(Role.CLIENT, "u1", "phone"))
    assert await stores.api_keys.find_caller(secret) == Caller(key.id, Role.CLIENT, "u1")
    for wrong in ("", secret[:-1], secret + "x", secret.upper(), hash_secret(secret), key.id):
        assert await stores.api_keys.find_caller(wrong) is None


async def test_keeps_only_the_hash(stores: Stores) -> None:
    key, secret = await _make(stores, KeyPlan(Role.SERVICE))
    document = await stores.database["api_keys"].find_one({"_id": key.id})
    assert document is not None
    assert document["hash"] == hash_secret(secret)
    assert secret not in repr(document)


async def test_finds_caller_while_what_is_remembered_expires(stores: Stores) -> None:
    passed = itertools.count(step=CACHE_SECONDS / 3)  # It expires between any two looks.
    keys = ApiKeys(stores.database, stores.audit, clock=lambda: next(passed))
    key, secret = await _make(stores, KeyPlan(Role.CLIENT, "u1"))
    for _ in range(20):
        assert await keys.find_caller(secret) == Caller(key.id, Role.CLIENT, "u1")


async def test_revoked_key_is_unknown_at_once_and_soon_elsewhere(stores: Stores) -> None:
    other = ApiKeys(stores.database, stores.audit)
    key, secret = await _make(stores, KeyPlan(Role.ADMIN))
    assert await other.find_caller(secret) is not None
    assert await revoke_key(stores, key.id)
    assert await stores.api_keys.find_caller(secret) is None

    async def is_unknown() -> bool:
        return await other.find_caller(secret) is None

    await until(is_unknown, CACHE_SECONDS + 2)


async def test_revoking_twice_keeps_the_first_time(stores: Stores) -> None:
    key, _ = await _make(stores, KeyPlan(Role.ADMIN))
    assert await revoke_key(stores, key.id)
    (first,) = await stores.api_keys.list_page(10, None, ADMIN)
    assert await revoke_key(stores, key.id)
    assert await stores.api_keys.list_page(10, None, ADMIN) == [first]
    assert first.revoked_at is not None
    assert not await revoke_key(stores, "nope")


async def test_new_key_is_known_after_a_failed_try(stores: Stores) -> None:
    assert await stores.api_keys.find_caller("mlk_unknown") is None
    _, secret = await _make(stores, KeyPlan(Role.SERVICE))
    assert await stores.api_keys.find_caller(secret) is not None


async def test_lists_newest_first(stores: Stores) -> None:
    made = [(await _make(stores, KeyPlan(Role.SERVICE, note=str(n))))[0] for n in range(5)]
    assert await stores.api_keys.list_page(3, None, ADMIN) == made[:1:-1]
    assert await stores.api_keys.list_page(3, made[2].id, ADMIN) == made[1::-1]


async def test_expired_key_is_unknown(stores: Stores) -> None:
    key, secret = await _make(stores, KeyPlan(Role.SERVICE, expires_in=60))
    assert key.expires_at == key.created_at + timedelta(seconds=60)
    assert await ApiKeys(stores.database, stores.audit).find_caller(secret) is not None
    past = {"$set": {"expires_at": utc_now() - timedelta(seconds=1)}}
    await stores.database["api_keys"].update_one({"_id": key.id}, past)
    assert await ApiKeys(stores.database, stores.audit).find_caller(secret) is None


async def test_expiry_is_kept_in_utc_to_the_millisecond(stores: Stores) -> None:
    zone = timezone(timedelta(hours=-14))
    wanted = datetime(2101, 1, 1, 12, 0, 0, 123456, tzinfo=zone)
    key, _ = await _make(stores, KeyPlan(Role.SERVICE, expires_at=wanted))
    assert key.expires_at == wanted.replace(microsecond=123000)
    assert await stores.api_keys.list_page(1, None, ADMIN) == [key]


@pytest.mark.parametrize(
    "expires_at",
    [
        datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
        utc_now() - timedelta(seconds=1),
        utc_now() + MAX_LIFE + timedelta(days=1),
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-14))),
    ],
)
async def test_refuses_expiry_that_makes_no_sense(stores: Stores, expires_at: datetime) -> None:
    with pytest.raises(InvalidValue):
        await _make(stores, KeyPlan(Role.SERVICE, expires_at=expires_at))
