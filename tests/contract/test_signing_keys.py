"""The keys that sign URLs: one for all processes, rotated, and gone when they are deleted."""

import asyncio
from datetime import timedelta

import pytest

from storage.access import signing_keys
from storage.access.signing_keys import (
    AGAIN_SECONDS,
    READ_SECONDS,
    ROTATION,
    STATE,
    WHICH,
    SigningKeys,
)
from storage.clock import utc_now
from storage.stores import Stores


@pytest.fixture(autouse=True)
async def without_keys(stores: Stores) -> None:
    """The database without the keys that stay in it between tests."""
    await stores.database[STATE].delete_one(WHICH)


class _Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_processes_that_start_together_agree_on_one_key(stores: Stores) -> None:
    processes = [SigningKeys(stores.database) for _ in range(5)]
    keys = await asyncio.gather(*(one.newest() for one in processes))
    assert {key.number for key in keys} == {keys[0].number}
    assert len(keys[0].secret) == 32
    assert await SigningKeys(stores.database).find(keys[0].number) == keys[0]
    assert await SigningKeys(stores.database).find(keys[0].number ^ 1) is None


async def test_old_key_is_followed_by_one_and_still_known(stores: Stores) -> None:
    clock = _Clock()
    processes = [SigningKeys(stores.database, clock) for _ in range(2)]
    old, _ = [await one.newest() for one in processes]
    state = stores.database[signing_keys.STATE]
    over = utc_now() - ROTATION - timedelta(seconds=1)
    await state.update_one(WHICH, {"$set": {"keys.0.created_at": over}})
    clock.now += READ_SECONDS + 1
    new = [key.number for key in await asyncio.gather(*(one.newest() for one in processes))]
    assert new[0] == new[1] != old.number
    for one in processes:
        known = await one.find(old.number)
        assert known is not None
        assert known.secret == old.secret
    await state.update_one(WHICH, {"$set": {"keys.0.created_at": over}})
    clock.now += READ_SECONDS + 1
    await processes[0].newest()
    assert await SigningKeys(stores.database).find(old.number) is None


async def test_key_that_another_process_has_just_made_is_known(stores: Stores) -> None:
    clock = _Clock()
    first, second = SigningKeys(stores.database), SigningKeys(stores.database, clock)
    assert await second.find(1) is None
    made = await first.newest()
    clock.now += AGAIN_SECONDS / 2
    assert await second.find(made.number) is None, "unknown numbers cost few reads"
    clock.now += AGAIN_SECONDS
    assert await second.find(made.number) == made


async def test_requests_that_wait_for_the_keys_share_one_read(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await SigningKeys(stores.database).newest()
    keys, reads = SigningKeys(stores.database), list[None]()
    read = keys._read

    async def counted() -> None:
        reads.append(None)
        await read()

    monkeypatch.setattr(keys, "_read", counted)
    found = await asyncio.gather(*(keys.find(made.number) for _ in range(20)), keys.find(1))
    assert found == [made] * 20 + [None]
    assert len(reads) == 1


async def test_deleted_keys_are_forgotten_within_a_minute(stores: Stores) -> None:
    clock = _Clock()
    keys = SigningKeys(stores.database, clock)
    made = await keys.newest()
    await stores.database[signing_keys.STATE].delete_one(WHICH)
    clock.now += READ_SECONDS + 1
    assert await keys.find(made.number) is None
    assert (await keys.newest()).number != made.number
