"""The embedded servers, for real: what they promise to the service and to the machine."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pymongo
import pytest
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import MongoClient
from pymongo.errors import AutoReconnect, OperationFailure
from redis import Redis
from redis.exceptions import AuthenticationError

from deploy.servers.embedded import EmbeddedServers, embedded_servers
from deploy.servers.mongodb import mongodb_command, mongodb_is_ready, mongodb_url
from deploy.servers.ports import find_free_port
from deploy.servers.process import ServerError, ServerProcess
from deploy.servers.programs import find_mongod, find_mongodb
from tests.waiting import block_until

pytestmark = pytest.mark.slow

HOLDS_A_STACK = """
import sys, time
from pathlib import Path
from deploy.servers.embedded import embedded_servers
with embedded_servers(Path(sys.argv[1]), mongodb_cache_gb=0.25) as servers:
    print(servers.mongodb.pid, servers.redis.pid, flush=True)
    time.sleep(600)  # Until it is killed.
"""


@pytest.fixture(scope="module")
def servers_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("servers")


@pytest.fixture(scope="module")
def servers(servers_folder: Path) -> Iterator[EmbeddedServers]:
    with embedded_servers(servers_folder, mongodb_cache_gb=0.25) as running:
        yield running


def count(url: str) -> int:
    with MongoClient[dict[str, object]](url, w="majority") as client:
        return client.films.rolls.count_documents({})


def store(url: str) -> None:
    with MongoClient[dict[str, object]](url, w="majority", journal=True) as client:
        client.films.rolls.insert_one({"exposures": 36})


def test_data_survives_a_restart_of_the_stack(tmp_path: Path) -> None:
    with embedded_servers(tmp_path, mongodb_cache_gb=0.25) as before:
        store(before.mongodb_url)
        with Redis.from_url(before.redis_url) as redis:
            redis.set("kept", "yes")
    assert not before.mongodb.is_running
    assert not before.redis.is_running
    with embedded_servers(tmp_path, mongodb_cache_gb=0.25) as after:
        assert count(after.mongodb_url) == 1
        with Redis.from_url(after.redis_url) as redis:
            assert redis.get("kept") == b"yes"
        assert (after.mongodb_url, after.redis_url) == (before.mongodb_url, before.redis_url)


def test_data_survives_when_another_program_took_the_ports(tmp_path: Path) -> None:
    with embedded_servers(tmp_path / "a", mongodb_cache_gb=0.25) as first:
        store(first.mongodb_url)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "servers.json").write_text((tmp_path / "a" / "servers.json").read_text())
    with (
        embedded_servers(tmp_path / "b", mongodb_cache_gb=0.25) as taker,
        embedded_servers(tmp_path / "a", mongodb_cache_gb=0.25) as again,
    ):
        assert port_of(taker.mongodb_url) == port_of(first.mongodb_url)
        assert port_of(again.mongodb_url) != port_of(first.mongodb_url)
        assert port_of(again.redis_url) != port_of(first.redis_url)
        assert count(again.mongodb_url) == 1


def test_servers_listen_on_loopback_only(servers: EmbeddedServers) -> None:
    for server in (servers.mongodb, servers.redis):
        process = psutil.Process(server.pid)
        listening = [c.laddr.ip for c in process.net_connections() if c.status == "LISTEN"]
        assert listening
        assert set(listening) <= {"127.0.0.1", "::1"}
        assert not any(str(c.laddr) for c in process.net_connections("unix"))


def test_servers_answer_nobody_without_their_password(servers: EmbeddedServers) -> None:
    mongodb, redis = urlsplit(servers.mongodb_url), urlsplit(servers.redis_url)
    for name, password in [("", ""), ("minilab", "wrong"), ("__system", "wrong")]:
        login: dict[str, Any] = {"username": name, "password": password} if name else {}
        with (
            MongoClient[dict[str, object]](
                "127.0.0.1", mongodb.port, directConnection=True, **login
            ) as client,
            pytest.raises(OperationFailure, match=r"[Aa]uthentication"),
        ):
            client.films.rolls.find_one()
    for wrong in (None, "wrong"):
        with (
            Redis(host="127.0.0.1", port=redis.port or 0, password=wrong) as client,
            pytest.raises(AuthenticationError),
        ):
            client.ping()


def test_passwords_are_in_private_files_and_nowhere_else(
    servers: EmbeddedServers, servers_folder: Path
) -> None:
    for server, name in ((servers.mongodb, "mongodb"), (servers.redis, "redis")):
        file = servers_folder / f"{name}_password"
        password = file.read_text().strip()
        assert len(password) > 64
        assert password in server.url
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        process = psutil.Process(server.pid)
        assert password not in "\0".join([*process.cmdline(), *process.environ().values()])
        assert password not in (servers_folder / "logs" / f"{name}.log").read_text()
    conf = servers_folder / "redis" / "redis.conf"
    assert stat.S_IMODE(conf.stat().st_mode) == 0o600


def test_mongodb_agrees_to_no_compression(servers: EmbeddedServers) -> None:
    with MongoClient[dict[str, object]](servers.mongodb_url) as client:
        answer = client.admin.command("hello", compression=["zlib", "zstd", "snappy"])
    assert "compression" not in answer


def test_data_of_a_server_without_users_gets_a_password_and_keeps_everything(
    tmp_path: Path,
) -> None:
    program, port = find_mongod(), find_free_port()
    if program is None:
        pytest.skip("needs mongod itself")
    (tmp_path / "mongod").mkdir()
    before = ServerProcess(
        "mongodb",
        mongodb_command(program, port, tmp_path / "mongod", 0.25, key_file=None),
        url=mongodb_url(program, port, password=""),
        is_ready=lambda: mongodb_is_ready(program, port, password=""),
        output=tmp_path / "before.log",
    )
    (tmp_path / "servers.json").write_text(json.dumps({"mongodb_port": str(port)}))
    before.start()
    store(before.url)
    before.stop()
    for _ in range(2):  # The second start finds the user.
        with embedded_servers(tmp_path, redis=False, mongodb_cache_gb=0.25) as after:
            assert count(after.mongodb_url) == 1
            with pytest.raises(OperationFailure, match="requires authentication"):
                count(before.url)


def test_lost_password_is_replaced_and_the_data_kept(tmp_path: Path) -> None:
    with embedded_servers(tmp_path, mongodb_cache_gb=0.25) as before:
        store(before.mongodb_url)
    for name in ("mongodb", "redis"):
        (tmp_path / f"{name}_password").unlink()
    with embedded_servers(tmp_path, mongodb_cache_gb=0.25) as after:
        assert after.mongodb_url != before.mongodb_url
        assert count(after.mongodb_url) == 1
        with Redis.from_url(after.redis_url) as redis:
            assert redis.ping()


def test_data_can_be_read_by_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with embedded_servers(folder, mongodb_cache_gb=0.25):
        for place in (folder, *folder.iterdir()):
            assert stat.S_IMODE(place.stat().st_mode) & 0o077 == 0


def test_foreign_folder_keeps_its_permissions(tmp_path: Path) -> None:
    (tmp_path / "of-someone-else").touch()
    tmp_path.chmod(0o755)
    with embedded_servers(tmp_path, mongodb=False):
        assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_redis_never_evicts(servers: EmbeddedServers) -> None:
    with Redis.from_url(servers.redis_url) as redis:
        assert redis.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert redis.config_get("appendonly") == {"appendonly": "yes"}


async def test_transaction_over_two_collections_is_all_or_nothing(
    servers: EmbeddedServers,
) -> None:
    client: AsyncIOMotorClient[dict[str, object]] = AsyncIOMotorClient(servers.mongodb_url)
    try:
        one, two = client.transactions.one, client.transactions.two
        async with await client.start_session() as session:
            session.start_transaction()
            await one.insert_one({}, session=session)
            await two.insert_one({}, session=session)
            await session.abort_transaction()
            assert await one.count_documents({}) == await two.count_documents({}) == 0
            async with session.start_transaction():
                await one.insert_one({}, session=session)
                await two.insert_one({}, session=session)
        assert await one.count_documents({}) == await two.count_documents({}) == 1
    finally:
        client.close()


def test_acknowledged_write_survives_sigkill_and_clients_find_the_server_again(
    servers: EmbeddedServers,
) -> None:
    with MongoClient[dict[str, object]](servers.mongodb_url, w="majority") as client:
        before = client.films.kept.count_documents({})
        client.films.kept.insert_one({})
        first = servers.mongodb.pid
        servers.mongodb.kill()
        assert servers.mongodb.exit_code == -signal.SIGKILL
        servers.mongodb.start()
        assert servers.mongodb.pid != first
        assert client.films.kept.count_documents({}) == before + 1


def answers(client: MongoClient[dict[str, object]]) -> bool:
    """Say whether a server answers within half a second."""
    try:
        with pymongo.timeout(0.5):
            client.admin.command("ping")
    except AutoReconnect:
        return False
    return True


def test_frozen_server_holds_its_clients_until_it_is_resumed(servers: EmbeddedServers) -> None:
    with MongoClient[dict[str, object]](servers.mongodb_url) as client:
        client.admin.command("ping")
        servers.mongodb.freeze()
        try:
            # A thread of the server may answer once more before the signal has reached it.
            block_until(lambda: not answers(client))
        finally:
            servers.mongodb.resume()
        servers.mongodb.wait_ready()
        assert client.admin.command("ping")["ok"] == 1


def test_frozen_server_can_be_stopped(tmp_path: Path) -> None:
    with embedded_servers(tmp_path, mongodb=False) as frozen:
        frozen.redis.freeze()
        frozen.redis.stop()
        assert frozen.redis.exit_code == 0


def test_second_stack_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with (
        embedded_servers(tmp_path, mongodb=False),
        pytest.raises(ServerError, match=r"in use by another stack.*MINILAB_DATA_DIR"),
        embedded_servers(tmp_path, mongodb=False),
    ):
        pass


def test_missing_part_is_named(tmp_path: Path) -> None:
    with embedded_servers(tmp_path, mongodb=False) as only_redis:
        with pytest.raises(ServerError, match="mongodb"):
            _ = only_redis.mongodb_url
        assert not (tmp_path / "mongod").exists()


def test_sigkill_of_the_parent_ends_the_servers_and_frees_the_folder(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS_A_STACK, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pids = [int(word) for word in parent.stdout.readline().split()]
        assert len(pids) == 2
        store(mongodb_url_of(tmp_path))
        parent.kill()
    with embedded_servers(tmp_path, mongodb_cache_gb=0.25) as next_stack:
        assert not any(is_alive(pid) for pid in pids)
        assert count(next_stack.mongodb_url) == 1


def test_orphan_does_not_start(tmp_path: Path) -> None:
    launcher = Path("deploy/servers/die_with_parent.py").absolute()
    mark = tmp_path / "started"
    command = [sys.executable, "-I", "-S", str(launcher), "1", "15", "/bin/touch", str(mark)]
    assert subprocess.run(command, check=False).returncode == 1
    assert not mark.exists()


def test_broken_program_on_the_path_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "mongod"
    broken.write_text("#!/bin/sh\nexit 127\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    found = find_mongod()
    assert found is None or found.path != str(broken)


def test_working_program_on_the_path_is_preferred(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mongod"
    mine.write_text("#!/bin/sh\necho db version v8.0.4\n")
    mine.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert find_mongodb().path == str(mine)


def test_program_that_made_the_data_is_kept(tmp_path: Path) -> None:
    earlier = tmp_path / "mongod"
    earlier.write_text("#!/bin/sh\necho db version v6.0.5\n")
    earlier.chmod(0o755)
    assert find_mongodb(preferred=str(earlier)).path == str(earlier)


def test_server_that_ends_at_once_is_told_with_its_log(tmp_path: Path) -> None:
    with embedded_servers(tmp_path, mongodb=False):
        pass
    manifest = next((tmp_path / "redis" / "appendonlydir").glob("*.manifest"))
    manifest.write_text("broken\n")
    with (
        pytest.raises(ServerError, match=r"(?s)redis ended with 1.*manifest"),
        embedded_servers(tmp_path, mongodb=False),
    ):
        pass


def mongodb_url_of(folder: Path) -> str:
    port = json.loads((folder / "servers.json").read_text())["mongodb_port"]
    password = (folder / "mongodb_password").read_text().strip()
    return f"mongodb://minilab:{password}@127.0.0.1:{port}/?directConnection=true"


def port_of(url: str) -> int | None:
    return urlsplit(url).port


def is_alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
