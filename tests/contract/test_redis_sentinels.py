"""Sentinels that are away, and a cluster, as the processes meet them at their start."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from chaos.fleet.sentinels import HOST, PASSWORD, port_of, start_redis
from deploy.servers.ports import find_free_port
from deploy.servers.process import ServerProcess
from storage.errors import UnusableServer
from storage.queue.connection import connect_redis, master_of, refuse_cluster
from storage.settings import StoreSettings
from tests.certificates import make_certificate
from tests.service import REPOSITORY
from tests.tls_proxy import tls_before
from tests.warm.process import WarmProcess

PROCESSES = {"api": "api", "worker": "tasks", "deliverer": "tasks.delivery"}


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[ServerProcess]:
    # Else the port of the nodes among themselves is 10,000 higher, where another server may be.
    lines = f"requirepass {PASSWORD}\ncluster-enabled yes\ncluster-port {find_free_port()}\n"
    server = start_redis(tmp_path, "node", lines)
    try:
        yield server
    finally:
        server.kill()


@pytest.mark.parametrize("name", PROCESSES)
def test_cluster_ends_every_process_with_exit_code_2(
    environ: dict[str, str], cluster: ServerProcess, tmp_path: Path, name: str
) -> None:
    variables = environ | {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(REPOSITORY),
        "MINILAB_PORT": str(find_free_port()),
        "MINILAB_REDIS_URL": cluster.url,
    }
    process = WarmProcess(
        name,
        [sys.executable, "-m", PROCESSES[name]],
        is_ready=lambda: True,
        url=cluster.url,
        output=tmp_path / f"{name}.log",
        environment=variables,
    )
    process.spawn()
    try:
        assert process.wait_ended(60)
    finally:
        process.kill()
    assert process.exit_code == 2
    last = (tmp_path / f"{name}.log").read_text().splitlines()[-1]
    assert last.startswith(f"minilab {name}: MINILAB_REDIS_URL names a Redis Cluster")
    assert "redis+sentinel://host:port,host:port/service" in last


async def test_redis_that_does_not_answer_is_no_cluster() -> None:
    url = f"redis+sentinel://127.0.0.1:{find_free_port()},127.0.0.1:{find_free_port()}/photos"
    redis = connect_redis(StoreSettings("mongodb://127.0.0.1:1", url))
    await refuse_cluster(redis)
    with pytest.raises(RedisConnectionError, match="No master found for 'photos'"):
        await redis.ping()
    assert master_of(redis) == b"1"
    await redis.aclose(close_connection_pool=True)


async def test_cluster_is_refused_by_what_it_says(cluster: ServerProcess) -> None:
    redis = connect_redis(StoreSettings("mongodb://127.0.0.1:1", cluster.url))
    with pytest.raises(UnusableServer, match="Start one Redis without cluster-enabled"):
        await refuse_cluster(redis)
    await redis.aclose(close_connection_pool=True)


@pytest.mark.parametrize("gets_login", [True, False])
async def test_sentinel_that_asks_for_a_login_gets_it_where_the_url_says_so(
    tmp_path: Path, gets_login: bool
) -> None:
    rules = "resetchannels -@all +auth +client|setinfo +ping +sentinel|masters"
    servers = [
        start_redis(tmp_path, "redis", f"requirepass {PASSWORD}\nuser minilab on >x ~* +@all\n")
    ]
    try:
        watched = f"sentinel monitor photos 127.0.0.1 {port_of(servers[0])} 1\n"
        login = (
            f"sentinel auth-pass photos {PASSWORD}\nuser default off\nuser minilab on >x {rules}\n"
        )
        servers.append(start_redis(tmp_path, "sentinel", watched + login, None, "--sentinel"))
        query = "?sentinel_auth=true" if gets_login else ""
        url = f"redis+sentinel://minilab:x@127.0.0.1:{port_of(servers[1])}/photos{query}"
        redis = connect_redis(StoreSettings("mongodb://127.0.0.1:1", url), retries=0)
        if gets_login:
            assert await redis.ping()
            assert master_of(redis) == f"127.0.0.1:{port_of(servers[0])}".encode()
        else:
            with pytest.raises(RedisConnectionError, match="No master found for 'photos'"):
                await redis.ping()
        await redis.aclose(close_connection_pool=True)
    finally:
        for server in servers:
            server.kill()


async def test_tls_goes_to_the_sentinel_and_to_the_master(tmp_path: Path) -> None:
    certificate, tls = make_certificate(tmp_path, HOST)
    servers = [start_redis(tmp_path, "redis", f"requirepass {PASSWORD}\n")]
    try:
        async with tls_before(port_of(servers[0]), tls) as master:
            watched = f"sentinel monitor photos {HOST} {master} 1\n"
            watched += f"sentinel auth-pass photos {PASSWORD}\n"
            servers.append(start_redis(tmp_path, "sentinel", watched, None, "--sentinel"))
            async with tls_before(port_of(servers[1]), tls) as sentinel:
                trusted = quote(str(certificate), safe="")
                url = f"rediss+sentinel://:{PASSWORD}@{HOST}:{sentinel}/photos"
                settings = StoreSettings("mongodb://127.0.0.1:1", f"{url}?ssl_ca_certs={trusted}")
                redis = connect_redis(settings)
                assert await redis.ping()
                assert master_of(redis) == f"{HOST}:{master}".encode()
                link = await redis.connection_pool.get_connection()
                assert link._writer.get_extra_info("cipher") is not None
                await redis.connection_pool.release(link)
                await redis.aclose(close_connection_pool=True)
                distrustful = connect_redis(StoreSettings("mongodb://127.0.0.1:1", url), retries=0)
                with pytest.raises(RedisConnectionError, match="No master found for 'photos'"):
                    await distrustful.ping()
                await distrustful.aclose(close_connection_pool=True)
    finally:
        for server in servers:
            server.kill()
