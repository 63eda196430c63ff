"""The version of the schema: data of another release are refused, with what to do."""

import asyncio
import os
import sys
from typing import Any

import pytest

from deploy.servers.ports import find_free_port
from domain.version import VERSION
from storage.mongo.client import DURABLE
from storage.schema import SCHEMA_VERSION, SchemaMismatch
from storage.stores import Stores
from storage.webhooks.hold import STATE
from tests.service import REPOSITORY

PROCESSES = {"api": "api", "worker": "tasks", "deliverer": "tasks.delivery"}


async def kept(stores: Stores) -> dict[str, Any] | None:
    return await stores.database[STATE].find_one({"_id": "schema"})


async def set_version(stores: Stores, version: object, program: str) -> None:
    state = stores.database[STATE].with_options(write_concern=DURABLE)
    fields = {"version": version, "program": program}
    await state.update_one({"_id": "schema"}, {"$set": fields}, upsert=True)


@pytest.mark.parametrize("documents", [0, 1])
async def test_data_without_a_version_get_that_of_now(stores: Stores, documents: int) -> None:
    for _ in range(documents):  # Data of before there was a version.
        await stores.database["jobs"].insert_one({})
    await stores.check_schema()
    assert await kept(stores) == {"_id": "schema", "version": SCHEMA_VERSION, "program": VERSION}
    await stores.check_schema()


@pytest.mark.parametrize(
    ("version", "action"),
    [
        (SCHEMA_VERSION + 1, "Start release 9.9.9 or a newer one, or restore a backup"),
        ("none", "Start release 9.9.9 or a newer one, or restore a backup"),
        (SCHEMA_VERSION - 1, "Back the data up and upgrade them release by release"),
    ],
)
async def test_data_of_another_release_are_refused_and_not_changed(
    stores: Stores, version: object, action: str
) -> None:
    await set_version(stores, version, "9.9.9")
    before = await kept(stores)
    with pytest.raises(SchemaMismatch, match=action) as refused:
        await stores.check_schema()
    for part in (f"schema {version},", "release 9.9.9", f"release {VERSION}", stores.database.name):
        assert part in str(refused.value)
    assert await kept(stores) == before


@pytest.mark.slow
async def test_every_process_ends_with_exit_code_2_on_data_of_a_newer_release(
    stores: Stores, environ: dict[str, str]
) -> None:
    await set_version(stores, SCHEMA_VERSION + 1, "9.9.9")
    variables = environ | {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY)}
    running = {
        name: await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            env=variables | {"MINILAB_PORT": str(find_free_port())},
            stderr=asyncio.subprocess.PIPE,
        )
        for name, module in PROCESSES.items()
    }
    for name, process in running.items():
        _, said = await process.communicate()
        assert process.returncode == 2, said
        last = said.decode().splitlines()[-1]
        assert last.startswith(f"minilab {name}: the database {stores.database.name} has schema 2")
        assert "Start release 9.9.9 or a newer one" in last
