"""Work that is due: each kind of it is found by one call, which reads indexes alone."""

from datetime import timedelta

from storage.clock import utc_now
from storage.stores import Stores
from storage.upkeep.due_work import Work
from tests.uploads import accept

PAST = utc_now() - timedelta(minutes=1)


async def test_finds_nothing_where_nothing_is_due(stores: Stores) -> None:
    assert await stores.due_work.find() == frozenset()
    await accept(stores, b"a")
    assert await stores.due_work.find() == frozenset()


async def test_finds_each_kind_of_work(stores: Stores) -> None:
    database = stores.database
    await accept(stores, b"a")
    due = {"$set": {"due_at": PAST}}
    await database["images"].update_many({}, due)
    assert await stores.due_work.find() == {Work.IMAGES}
    await database["jobs"].update_many({}, due)
    assert await stores.due_work.find() == {Work.IMAGES, Work.JOBS}
    await database["images"].delete_many({})
    await database["jobs"].insert_one({"_id": "urls", "fetch": {"due_at": PAST}})
    await database["user_deletions"].insert_one({"_id": "a", "due_at": PAST})
    assert await stores.due_work.find() == {Work.JOBS, Work.FETCHES, Work.DELETIONS}


async def test_reads_no_document_that_is_not_due(stores: Stores) -> None:
    for name in ("images", "jobs", "user_deletions"):
        later = {"due_at": utc_now() + timedelta(1)}
        many = [{"_id": f"{name}-{n}", "user_id": f"u{n}", **later} for n in range(9)]
        await stores.database[name].insert_many(many)
    await stores.database.command("profile", 2)
    try:
        assert await stores.due_work.find() == frozenset()
    finally:
        await stores.database.command("profile", 0)
    profiled = await stores.database["system.profile"].find_one({"command.aggregate": "images"})
    assert profiled is not None
    assert (profiled["docsExamined"], profiled["keysExamined"]) == (0, 0)
