"""The behaviour of Motor and PyMongo that ``storage/mongo`` relies on."""

import asyncio
import threading
import time
from typing import Any

import pymongo
import pymongo.database
import pytest
from motor.frameworks import asyncio as framework
from pymongo import _csot
from pymongo.client_session import ClientSession
from pymongo.errors import PyMongoError, ServerSelectionTimeoutError
from pymongo.hello import Hello
from pymongo.server_type import SERVER_TYPE

from deploy.servers.ports import find_free_port
from storage.errors import NO_SERVER_SECONDS, patience_seconds, short_patience
from storage.mongo import threads
from storage.mongo.client import connect_mongo
from storage.mongo.snapshots import read_snapshot_in_thread
from storage.mongo.threads import PlainDatabase, run_in_thread
from storage.mongo.transactions import run_transaction_in_thread
from storage.settings import StoreSettings
from storage.stores import Stores


async def test_deadline_of_a_call_includes_its_wait_for_a_thread(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stores.client.admin.command("ping")
    monkeypatch.setattr(threads, "_longest_seconds", 0.2)
    may_end = threading.Event()
    most = framework._EXECUTOR._max_workers
    holding = [run_in_thread(lambda: may_end.wait(20)) for _ in range(most)]
    waiting = stores.client.admin.command("ping")
    await asyncio.sleep(0.3)  # A real wait: the deadline passes while no thread is free.
    may_end.set()
    with pytest.raises(PyMongoError) as raised:
        await waiting
    assert raised.value.timeout
    await asyncio.gather(*holding)


async def test_deadline_of_the_caller_holds(stores: Stores) -> None:
    with pymongo.timeout(1234):
        assert await run_in_thread(_csot.get_timeout) == 1234
    assert await run_in_thread(_csot.get_timeout) == threads._longest_seconds > 0


async def test_calls_in_one_thread_share_a_deadline(stores: Stores) -> None:
    def call_twice() -> tuple[float, float]:
        first = _csot.remaining()
        time.sleep(0.01)  # A real pause: the deadline comes nearer.
        return first or 0.0, _csot.remaining() or 0.0

    first, second = await run_in_thread(call_twice)
    assert 0 < second < first


async def test_delegates_are_the_objects_of_pymongo(stores: Stores) -> None:
    def read(database: PlainDatabase, session: ClientSession) -> int:
        assert isinstance(database, pymongo.database.Database)
        assert isinstance(session, ClientSession)
        return database["things"].count_documents({}, session=session)

    def write(session: ClientSession) -> None:
        assert session.in_transaction
        stores.database.delegate["things"].insert_one({}, session=session)

    await run_transaction_in_thread(stores.client, write)
    assert await read_snapshot_in_thread(stores.client, stores.database, read) == 1


async def test_replaced_function_runs_every_call(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert framework.run_on_executor.__name__ == threads._run_within_limit.__name__
    called: list[object] = []
    run = threads._run_on_executor

    def count(*args: object, **kwargs: object) -> object:
        called.append(args)
        return run(*args, **kwargs)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(threads, "_run_on_executor", count)
    await stores.database["things"].find_one({})
    await stores.database["things"].find({}).to_list(None)
    async with await stores.client.start_session():
        pass
    assert len(called) >= 3


async def test_patience_limits_the_wait_for_a_server() -> None:
    url = f"mongodb://127.0.0.1:{find_free_port()}/?replicaSet=rs0"
    client = connect_mongo(StoreSettings(url, "redis://127.0.0.1", store_timeout_seconds=600))
    with short_patience(), pytest.raises(ServerSelectionTimeoutError):
        async with asyncio.timeout(60):
            await client.admin.command("ping")
    client.close()


async def test_calls_of_one_request_share_the_wait_for_a_server() -> None:
    url = f"mongodb://127.0.0.1:{find_free_port()}/?replicaSet=rs0"
    client = connect_mongo(StoreSettings(url, "redis://127.0.0.1", store_timeout_seconds=600))
    left = []
    with short_patience():
        for _ in range(3):
            left.append(patience_seconds() or 0.0)
            with pytest.raises(ServerSelectionTimeoutError):
                await client.admin.command("ping")
    assert left == pytest.approx([NO_SERVER_SECONDS, 0.0, 0.0], abs=0.1)
    client.close()


async def test_transaction_without_a_server_is_not_tried_again() -> None:
    url = f"mongodb://127.0.0.1:{find_free_port()}/?replicaSet=rs0"
    client = connect_mongo(StoreSettings(url, "redis://127.0.0.1", store_timeout_seconds=600))

    def write(session: ClientSession) -> None:
        client.delegate["test"]["things"].insert_one({}, session=session)

    with short_patience(), pytest.raises(ServerSelectionTimeoutError):
        async with asyncio.timeout(60):
            await run_transaction_in_thread(client, write)
    client.close()


@pytest.mark.parametrize(
    ("last_write", "kind"),
    [
        ({"opTime": {"t": 7}, "majorityOpTime": {"t": 6}}, SERVER_TYPE.RSOther),
        ({"opTime": {"t": 7}, "majorityOpTime": {"t": 7}}, SERVER_TYPE.RSPrimary),
        ({"opTime": {"t": 7}}, SERVER_TYPE.RSPrimary),
    ],
)
async def test_primary_is_used_once_it_has_committed_in_its_term(
    stores: Stores, last_write: dict[str, Any], kind: int
) -> None:
    hello = await stores.client.admin.command("hello")
    assert {"opTime", "majorityOpTime"} <= set(hello["lastWrite"]), "MongoDB says both"
    assert Hello(hello | {"lastWrite": last_write}).server_type == kind
