"""The step before the processes of a new release start: the schema and the indexes."""

import asyncio
import os
import subprocess
import sys

import pytest

from deploy import prepare
from deploy.servers.embedded import EmbeddedServers
from storage.mongo.client import DURABLE
from storage.schema import INDEXES, SCHEMA_VERSION
from storage.stores import Stores
from storage.webhooks.hold import STATE
from tests.service import REPOSITORY, environment


@pytest.fixture
def _environment(stores: Stores, servers: EmbeddedServers, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(servers, stores.database.name).items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("_environment")
async def test_a_new_index_is_made(stores: Stores) -> None:
    jobs = stores.database["jobs"]
    await stores.prepare()
    (index, *_) = INDEXES["jobs"]
    name = index.document["name"]
    await jobs.drop_index(name)
    assert await asyncio.to_thread(prepare.main) == 0
    assert name in await jobs.index_information()


@pytest.mark.usefixtures("_environment")
async def test_data_of_another_release_are_refused(
    stores: Stores, capsys: pytest.CaptureFixture[str]
) -> None:
    state = stores.database[STATE].with_options(write_concern=DURABLE)
    fields = {"version": SCHEMA_VERSION + 1, "program": "9.9.9"}
    await state.update_one({"_id": "schema"}, {"$set": fields}, upsert=True)
    assert await asyncio.to_thread(prepare.main) == 2
    assert "Start release 9.9.9" in capsys.readouterr().err


def test_settings_and_stores_that_are_missing_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MINILAB_MONGODB_URL", raising=False)
    assert prepare.main() == 2
    assert "MINILAB_MONGODB_URL" in capsys.readouterr().err
    missing = {
        "MINILAB_MONGODB_URL": "mongodb://127.0.0.1:1/",
        "MINILAB_REDIS_URL": "redis://127.0.0.1:1",
        "MINILAB_STORE_TIMEOUT_SECONDS": "1",
    }
    # In a process of its own: in this one, the longest time of all its clients counts.
    ended = subprocess.run(
        [sys.executable, "-m", "deploy.prepare"],
        env=os.environ | missing,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "127.0.0.1:1" in ended.stderr
