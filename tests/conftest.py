"""Real servers for the whole run, an empty database for each test, and a look at what is left."""

import gc
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import aclosing, suppress
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import uuid4

import anyio
import httpx
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings
from pymongo import MongoClient
from redis.asyncio import Redis

from deploy.servers.data_folder import is_held
from deploy.servers.embedded import EmbeddedServers, embedded_servers
from deploy.servers.seaweedfs import ObjectServers, object_servers
from tests.databases import SharedDatabase
from tests.service import KeptService, Service, environment, find_test_data, running_service
from tests.sharded_commands import LISTENER, find_faults
from tests.stores import GRIDFS, S3, STORES, ChosenStore, credentials_in_place, stores_of
from tests.token_guard import find_token
from tests.waiting import until
from tests.warm.children import start_plainly

IN_MEMORY = Path("/dev/shm")  # noqa: S108 -- a folder with a name of its own is made there
PREFIX = "minilab-tests-"
LEFTOVER_SECONDS = 3600
CHECKPOINT_SECONDS = 5
UNIT_TESTS = "tests/unit/"
SHOWN_CHARACTERS = 500
HISTORY_SECONDS = 60
"""The longest that a read of the past takes on a busy machine."""

# On a busy machine, values take long to make and functions long to run.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


def _show_answer(answer: httpx.Response) -> str:
    try:
        text = answer.text[:SHOWN_CHARACTERS]
    except httpx.ResponseNotRead:
        text = "not read"
    return f"<Response [{answer.status_code} {answer.reason_phrase}] {text}>"


# A test that fails on a status shows the problem document: `assert 503 == 202` does not say why.
httpx.Response.__repr__ = _show_answer  # type: ignore[method-assign]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that write the pictures of the pages anew, and that choose a store."""
    parser.addoption("--pictures", action="store_true", help="save pictures in docs/images")
    parser.addoption("--store", choices=STORES, help="keep the bytes of all tests there")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests on the stores of bytes, one store after the other within a module."""
    if "store" in metafunc.fixturenames:
        stores = stores_of(metafunc)
        if stores != [GRIDFS]:
            metafunc.parametrize("store", stores, indirect=True, scope="module")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Leave tests that need an S3 server out of `make test-fast`: its start takes seconds."""
    parameters = getattr(item, "callspec", None)
    wants_bucket = parameters is not None and parameters.params.get("store") == S3
    if wants_bucket or "objects" in getattr(item, "fixturenames", ()):
        item.add_marker(pytest.mark.slow)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the tests that take long, and end with the shortest.

    Each process of `--dist worksteal` begins with its own part of the list, and takes tests from
    the ends of the others' parts when it is done. Each part has a share of the long tests and of
    every folder; what is taken at the end of the run are unit tests, of some milliseconds each.
    """
    input_of_process = getattr(config, "workerinput", {})
    processes = int(input_of_process.get("workercount", 1))
    long = [item for item in items if item.get_closest_marker("long")]
    others = [item for item in items if not item.get_closest_marker("long")]
    short = [item for item in others if item.nodeid.startswith(UNIT_TESTS)]
    others = [item for item in others if not item.nodeid.startswith(UNIT_TESTS)]
    folders = [list(tests) for _, tests in groupby(others, key=lambda item: item.path.parent)]
    left = len(items)
    items.clear()
    for number in range(processes):
        part = long[number::processes]
        for tests in folders:
            first, end = (len(tests) * n // processes for n in (number, number + 1))
            part += tests[first:end]
        lacks = max(0, left // (processes - number) - len(part))
        items += part + short[:lacks]
        del short[:lacks]
        left -= len(part) + lacks
    items += short


def pytest_collection_finish() -> None:
    """Spare the garbage collector the modules and tests, which stay until the end."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail any test that has written a secret, in its logs above all.

    Processes that a test starts log to files in its folder.
    """
    report = yield
    texts = [text for _, text in report.sections]
    folder = item.funcargs.get("tmp_path") if isinstance(item, pytest.Function) else None
    if report.when == "teardown" and isinstance(folder, Path):
        logs = folder.rglob("*.log")
        texts += [log.read_text(encoding="utf-8", errors="replace") for log in logs]
    written = find_token("".join(texts))
    if written and not report.failed:
        report.outcome = "failed"
        report.longrepr = f"a secret was written: {written}"
    return _check_shards(item, report)


def _check_shards(item: pytest.Item, report: pytest.TestReport) -> pytest.TestReport:
    """Fail any test whose commands a sharded cluster refuses, or sends to all shards.

    Except those that are marked with `any_shards`: their own commands change or count chunks.
    """
    if report.when == "teardown":
        faults = find_faults(LISTENER.take())
        if faults and not item.get_closest_marker("any_shards") and not report.failed:
            report.outcome = "failed"
            report.longrepr = f"on shards: {'; '.join(faults)}"
    return report


def remove_leftovers(place: Path) -> None:
    """Remove the data of runs that were killed: hundreds of megabytes of memory each."""
    for folder in place.glob(f"{PREFIX}*"):
        with suppress(FileNotFoundError):  # Another process removes them, too.
            is_old = time.time() - folder.stat().st_mtime > LEFTOVER_SECONDS
            if is_old and not is_held(folder):
                shutil.rmtree(folder)


@pytest.fixture(scope="session")
def servers() -> Iterator[EmbeddedServers]:
    """A real MongoDB and a real Redis, in memory where there is such a place.

    A database has a hundred files. MongoDB keeps those of a database that was dropped for five
    minutes, for readers of the past, and then removes them one by one.
    """
    place = IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None
    if place is not None:
        remove_leftovers(place)
    client: MongoClient[dict[str, Any]]
    with (
        tempfile.TemporaryDirectory(prefix=PREFIX, dir=place) as folder,
        embedded_servers(Path(folder)) as running,
    ):
        with MongoClient(running.mongodb_url) as client:
            client.admin.command(
                "setParameter",
                1,
                syncdelay=CHECKPOINT_SECONDS,
                minSnapshotHistoryWindowInSeconds=HISTORY_SECONDS,
            )
        yield running


@pytest.fixture(scope="session")
def objects() -> Iterator[ObjectServers]:
    """A real S3 server, started for the first test that wants one."""
    place = IN_MEMORY if os.access(IN_MEMORY, os.W_OK) else None
    with (
        tempfile.TemporaryDirectory(prefix=PREFIX, dir=place) as folder,
        object_servers(Path(folder)) as running,
        credentials_in_place(running),
    ):
        yield running


@pytest.fixture(scope="module")
def store(request: pytest.FixtureRequest) -> ChosenStore:
    """Where the service keeps bytes: GridFS, or S3 in tests that are marked so with `stores`."""
    if getattr(request, "param", GRIDFS) == GRIDFS:
        return ChosenStore()
    return ChosenStore(request.getfixturevalue("objects"))


@pytest.fixture
def plain_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start children as they are started in production."""
    monkeypatch.setattr(anyio, "open_process", start_plainly)


@pytest.fixture
def test_data() -> Path:
    """The folder of real pictures."""
    return find_test_data()


@pytest.fixture(scope="session")
def shared_database(servers: EmbeddedServers) -> Iterator[SharedDatabase]:
    """The database of all tests that use `environ`, one after another."""
    with MongoClient[dict[str, Any]](servers.mongodb_url) as client:
        yield SharedDatabase(client, f"test_{uuid4().hex[:12]}")


@pytest.fixture
async def environ(
    servers: EmbeddedServers, shared_database: SharedDatabase, store: ChosenStore
) -> dict[str, str]:
    """Settings of API and worker: short times, empty stores."""
    shared_database.make_empty()
    store.make_empty(shared_database.name)
    async with Redis.from_url(servers.redis_url) as redis:
        await redis.flushdb()
    return environment(
        servers,
        shared_database.name,
        store,
        lease_seconds=2,
        hint_grace_seconds=1,
        reconcile_seconds=0.2,
        worker_children=2,
    )


@pytest_asyncio.fixture(scope="module")
async def kept_service() -> AsyncIterator[KeptService]:
    """The API that the tests of a module share which is marked with `one_service`."""
    async with aclosing(KeptService()) as kept:
        yield kept


@pytest.fixture
async def service(
    request: pytest.FixtureRequest, environ: dict[str, str], kept_service: KeptService
) -> AsyncIterator[Service]:
    """The service without a worker; afterwards nothing must be left that nobody will remove.

    Its databases are empty. What the API has in memory is new, except in modules that are marked
    with `one_service`: to make an API takes longer than most tests. Others have one alone.
    """
    if request.node.get_closest_marker("one_service"):
        running = await kept_service.run(environ)
        yield running
        await assert_nothing_is_left(running)
    else:
        await kept_service.aclose()
        async with running_service(environ) as running:
            yield running
            await assert_nothing_is_left(running)


async def assert_nothing_is_left(service: Service) -> None:
    await service.stores.acceptance.drain()

    async def has_no_orphans() -> bool:
        return await service.orphan_chunks() == []

    await until(has_no_orphans)
    redis = service.stores.redis
    endless = [key async for key in redis.scan_iter("*") if await redis.ttl(key) == -1]
    assert [key for key in endless if key != b"arq:queue"] == []


@pytest.fixture
async def working_service(service: Service) -> AsyncIterator[Service]:
    """The service with a worker."""
    async with service.working():
        yield service
