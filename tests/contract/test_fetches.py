"""URLs that wait: they are found by their index, however many jobs there are."""

from storage.stores import Stores
from tests.uploads import accept


async def test_search_for_urls_reads_no_other_jobs(stores: Stores) -> None:
    await accept(stores, b"a")
    await stores.database.command("profile", 2)
    try:
        assert await stores.fetches.claim([]) is None
    finally:
        await stores.database.command("profile", 0)
    search = {"command.findAndModify": "jobs"}
    profiled = await stores.database["system.profile"].find_one(search)
    assert profiled is not None
    assert profiled["planSummary"] == "IXSCAN { fetch.due_at: 1 }"
    assert profiled["docsExamined"] == 0
