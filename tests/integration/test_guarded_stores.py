"""MongoDB and Redis with TLS, each with a user of the least privileges, by one URL each."""

import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoPermissionError

from benchmarks.harness.receivers import Receivers
from chaos.fleet.sentinels import PASSWORD, port_of, start_redis
from deploy.admin_key import write_private
from deploy.servers.mongodb import HOST, mongodb_command
from deploy.servers.ports import find_free_port
from deploy.servers.process import ServerProcess
from deploy.servers.programs import find_mongod
from deploy.verify_data import verify
from domain.fairness.token_buckets import Demand, RateLimit
from domain.jobs import ChunkHint
from storage.mongo.client import Session
from storage.mongo.leases import LONG_AGO, Lease
from storage.queue.connection import connect_redis
from storage.queue.fair_queue import Room, TenantHints
from storage.settings import StoreSettings
from tests.certificates import make_certificate
from tests.deliveries import delivering, make_endpoint
from tests.pictures import draw
from tests.service import REPOSITORY, Service, running_service
from tests.tls_proxy import tls_before
from tests.waiting import until

LOGIN = "p@ss/w:rd#%?"
DATABASE = "minilab"
REFUSED = "Checking authorization failed"
OPERATIONS = (REPOSITORY / "docs/operations.md").read_text(encoding="utf-8")
Hello = dict[str, Any]


class Mongod:
    """A MongoDB with TLS and users.

    Attributes:
        url: What the service is told.
        log: What the server says.
    """

    def __init__(self, folder: Path, port: int, trusted: Path) -> None:
        tls = f"tls=true&tlsCAFile={quote(str(trusted), safe='')}"
        self.url = f"mongodb://minilab:{quote(LOGIN, safe='')}@{HOST}:{port}/?replicaSet=rs0&{tls}"
        self.log = folder / "mongodb.log"
        self.port = port
        self._trusted = trusted

    def as_system(self) -> MongoClient[Hello]:
        """Connect as the server itself, which may do everything."""
        return MongoClient(
            HOST,
            self.port,
            directConnection=True,
            serverSelectionTimeoutMS=2000,
            tls=True,
            tlsCAFile=str(self._trusted),
            username="__system",
            password=PASSWORD,
            authSource="local",
            authMechanism="SCRAM-SHA-256",
        )

    def is_primary(self) -> bool:
        """Say whether it takes writes; make it a replica set first."""
        try:
            with self.as_system() as client:
                if client.admin.command("hello")["isWritablePrimary"]:
                    return True
                client.admin.command("replSetInitiate", self._config())
        except PyMongoError:
            pass
        return False

    def _config(self) -> Hello:
        return {"_id": "rs0", "members": [{"_id": 0, "host": f"{HOST}:{self.port}"}]}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("guarded")


@pytest.fixture(scope="module")
def mongod(place: Path) -> Iterator[Mongod]:
    program = find_mongod()
    if program is None:
        pytest.skip("needs mongod itself")
    certificate, _ = make_certificate(place, HOST)
    both, key = place / "both.pem", place / "key"
    both.write_bytes(certificate.read_bytes() + (place / "key.pem").read_bytes())
    write_private(key, PASSWORD)
    data, port = place / "data", find_free_port()
    data.mkdir()
    running = Mongod(place, port, certificate)
    tls = ["--tlsMode", "requireTLS", "--tlsCertificateKeyFile", str(both)]
    server = ServerProcess(
        "mongodb",
        [*mongodb_command(program, port, data, 0.25, key), *tls],
        url=running.url,
        is_ready=running.is_primary,
        output=running.log,
    )
    try:
        server.start()
        [(role, of)] = re.findall(r"roles: \[\{role: '(\w+)', db: '(\w+)'\}\]", OPERATIONS)
        assert of == DATABASE
        with running.as_system() as client:
            granted = [{"role": role, "db": of}]
            client.admin.command("createUser", "minilab", pwd=LOGIN, roles=granted)
        yield running
    finally:
        server.kill()


def documented_rules() -> str:
    """Return the rules of the user of Redis, as docs/operations.md has them, in one line."""
    [rules] = re.findall(
        r"^user minilab on >password (.*?)\n```", OPERATIONS, re.DOTALL | re.MULTILINE
    )
    return " ".join(rules.replace("\\\n", " ").split())


@pytest.fixture(scope="module")
def redis(place: Path) -> Iterator[ServerProcess]:
    rules = f'requirepass {PASSWORD}\nuser minilab on ">{LOGIN}" {documented_rules()}\n'
    server = start_redis(place, "redis", rules)
    try:
        yield server
    finally:
        server.kill()


@pytest.fixture
async def guarded(
    environ: dict[str, str], mongod: Mongod, redis: ServerProcess, place: Path
) -> AsyncIterator[Service]:
    (place / "redis-tls").mkdir(exist_ok=True)
    certificate, tls = make_certificate(place / "redis-tls", HOST)
    async with tls_before(port_of(redis), tls) as port:
        login = quote(LOGIN, safe="")
        own = {
            "MINILAB_MONGODB_URL": mongod.url,
            "MINILAB_MONGODB_DATABASE": DATABASE,
            "MINILAB_REDIS_URL": f"rediss://minilab:{login}@{HOST}:{port}/1"
            f"?ssl_ca_certs={quote(str(certificate), safe='')}",
        }
        async with running_service(environ | own, prepare=True) as service:
            yield service


async def test_least_privileges_are_enough(
    guarded: Service, mongod: Mongod, redis: ServerProcess
) -> None:
    stores = guarded.stores
    async with Receivers() as receivers, guarded.working(), delivering(guarded):
        await make_endpoint(guarded, receivers.url("ok"))
        job = await guarded.process([("a.jpg", draw())], user_id="u1")
        assert job["status"] == "succeeded"
        await until(lambda: receivers.sent_to("ok"))
        image = job["items"][0]["image_id"]
        for route in ("/v1/statistics", "/v1/users/u1/similar", "/v1/histograms/median"):
            assert (await guarded.client.get(route)).status_code == 200
        ready = (await guarded.client.get("/readyz")).json()
        assert ready["parts"] == {"mongodb": True, "redis": True, "worker": True}
        assert (await guarded.client.delete(f"/v1/images/{image}")).status_code == 204
        deletion = await guarded.client.delete("/v1/users/u1")
        assert (await guarded.job(deletion.json()["id"]))["status"] == "succeeded"
    await _use_every_call(guarded)
    await _take_a_lease_over(guarded)
    found = await verify(guarded.settings.stores, timedelta(0), pause=0, hashes=True)
    assert found.broken == {}
    assert REFUSED not in mongod.log.read_text(errors="replace")
    with Redis(HOST, port_of(redis), password=PASSWORD, decode_responses=True) as admin:
        assert admin.execute_command("ACL LOG") == []
        used = {name.removeprefix("cmdstat_") for name in admin.info("commandstats")}
    granted = set(re.findall(r"\+(\S+)", documented_rules()))
    assert granted - used == set()
    with pytest.raises(NoPermissionError):
        await stores.redis.flushall()
    with pytest.raises(OperationFailure, match="not authorized"):
        await stores.client.admin.command("serverStatus")
    assert REFUSED in mongod.log.read_text(errors="replace")


@pytest.mark.parametrize("how", ["another name", "another issuer"])
async def test_certificate_of_another_is_refused(
    redis: ServerProcess, tmp_path: Path, how: str
) -> None:
    shown, trusted = tmp_path / "shown", tmp_path / "trusted"
    for folder in (shown, trusted):
        folder.mkdir()
    file, tls = make_certificate(shown, "other.example" if how == "another name" else HOST)
    if how == "another issuer":
        file, _ = make_certificate(trusted, HOST)
    async with tls_before(port_of(redis), tls) as port:
        url = f"rediss://:{PASSWORD}@{HOST}:{port}/0?ssl_ca_certs={quote(str(file), safe='')}"
        client = connect_redis(StoreSettings("mongodb://127.0.0.1:1", url), retries=0)
        with pytest.raises(RedisConnectionError, match=r"(?i)certificate verify failed"):
            await client.ping()
        await client.aclose(close_connection_pool=True)


async def _use_every_call(service: Service) -> None:
    """Make the calls that a service makes after accidents only."""
    hints, queue = service.stores.hints, service.stores.hints.fair_queue
    some = [ChunkHint("job-a", number, user_id="u1", units=60) for number in range(400)]
    await hints.were_wiped()
    await hints.report_loss_again()
    assert await hints.were_wiped()
    await hints.send(some)
    await queue.join(["u1"])
    # Its tenant has room again as soon as a worker has done more than half of what was sent.
    taken = await queue.exchange(Room(0, 60 * len(some), len(some)))
    done = sum(hint.units for hint in taken)
    await queue.exchange(Room(0, 0, 0), ended=[hint.id for hint in taken], done=done)
    picked = await queue.pick(10, 0.001)
    assert picked
    await queue.refill([TenantHints(tenant, some[:2], is_whole=True) for tenant in picked])
    await queue.send_again(some[0])
    await queue.find_states(some)
    await queue.find_taken(1)
    await hints.forget(some)
    await service.stores.job_events.publish_cancel("job-a")
    limit, demand = RateLimit("r", "r", 1, 1), Demand(0, 1)
    # Each call has a tenth of a second; to connect with TLS takes longer on a busy machine.
    await until(lambda: service.stores.buckets.draw("u1", [limit], [demand]))


async def _take_a_lease_over(service: Service) -> None:
    """Take a lease from a process that vanished in a transaction: its session is ended."""
    stores = service.stores
    first, second = (Lease(stores.client, stores.database, "a-lease") for _ in range(2))

    async def write(session: Session) -> bool:
        await stores.database["leases"].find_one({}, session=session)
        return True

    assert await first.hold()
    assert await first.run_transaction(write)
    expired = {"$set": {"expires_at": LONG_AGO}}
    await stores.database["leases"].update_one({"_id": "a-lease"}, expired)
    assert await second.hold()
