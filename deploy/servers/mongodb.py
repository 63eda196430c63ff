"""MongoDB for one machine: mongod as a replica set of one node, or SecantusDB instead."""

from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.servers.ports import accepts_connections
from deploy.servers.programs import Program

HOST = "127.0.0.1"
_REPLICA_SET = {"mongod": "rs0", "secantusdb": "secantus"}
_ATTEMPT_MILLISECONDS = 2_000
_NOT_YET_INITIALIZED = 94
_OPLOG_MEGABYTES = 512
# A client that is killed in a transaction leaves it open, and its locks, until this age.
_TRANSACTION_SECONDS = 20
# Percent of dirty cache at which eviction begins (target), and at which clients take part in it
# (trigger). With the defaults of 5 and 20, a photo is evicted while its upload still runs, and read
# back for the worker that takes it a second later.
_EVICTION = {"target": 50, "trigger": 75}


def mongodb_url(program: Program, port: int) -> str:
    """Return the URL for clients, which names the replica set: so they wait out a restart."""
    return f"mongodb://{HOST}:{port}/?replicaSet={_REPLICA_SET[program.kind]}"


def mongodb_command(program: Program, port: int, folder: Path, cache_gb: float) -> list[str]:
    """Return the command that starts the server on a loopback port.

    Args:
        folder: Folder of the data; the files of mongod and SecantusDB differ.
        cache_gb: Cache of the storage engine in GB, 0.25 or more.
    """
    if program.kind == "secantusdb":
        options = f"--host {HOST} --port {port} --log-level WARNING --sync-on-commit"
        megabytes = round(cache_gb * 1024)
        place = ["--storage-path", str(folder), "--cache-size", f"{megabytes}M"]
        return [*program.command, *options.split(), *place]
    eviction = ",".join(
        f"eviction_{kind}_{name}={percent}"
        for kind in ("dirty", "updates")
        for name, percent in _EVICTION.items()
    )
    options = (
        f"--replSet {_REPLICA_SET[program.kind]} --bind_ip {HOST} --port {port} --nounixsocket"
        f" --wiredTigerCacheSizeGB {cache_gb} --oplogSize {_OPLOG_MEGABYTES}"
        f" --wiredTigerEngineConfigString {eviction}"
        " --quiet --slowms 2000"
        " --setParameter diagnosticDataCollectionEnabled=false"
        # Memory that returns to the kernel costs a page fault at its next use.
        " --setParameter tcmallocReleaseRate=0"
        # A replica set of one has no secondary to wait for when it stops.
        " --setParameter shutdownTimeoutMillisForSignaledShutdown=100"
        f" --setParameter transactionLifetimeLimitSeconds={_TRANSACTION_SECONDS}"
    )
    return [*program.command, "--dbpath", str(folder), *options.split()]


def mongodb_is_ready(program: Program, port: int) -> bool:
    """Say whether the server accepts writes; create or repair its replica set if needed."""
    if not accepts_connections(port):
        return False
    try:
        with MongoClient[dict[str, object]](
            HOST,
            port,
            directConnection=True,
            serverSelectionTimeoutMS=_ATTEMPT_MILLISECONDS,
            socketTimeoutMS=_ATTEMPT_MILLISECONDS,
        ) as client:
            if program.kind == "mongod":
                _repair_replica_set(client, f"{HOST}:{port}")
            return bool(client.admin.command("hello")["isWritablePrimary"])
    except PyMongoError:
        return False


def _repair_replica_set(client: MongoClient[dict[str, object]], address: str) -> None:
    name = _REPLICA_SET["mongod"]
    members = [{"_id": 0, "host": address}]
    try:
        config = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as error:
        if error.code != _NOT_YET_INITIALIZED:
            raise
        client.admin.command("replSetInitiate", {"_id": name, "members": members})
        return
    if [member["host"] for member in config["members"]] != [address]:
        config |= {"members": members, "version": config["version"] + 1}
        client.admin.command("replSetReconfig", config, force=True)
