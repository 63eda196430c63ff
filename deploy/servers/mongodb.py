"""MongoDB for this machine: mongod as a replica set of one, or SecantusDB in its place."""

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
# Who is killed in a transaction leaves it open: others run into its locks until it is this old.
_TRANSACTION_SECONDS = 20
# Percent of the cache that may wait to be written before eviction begins (target), and before
# clients have to help (trigger). With the usual 5 and 20, a photo is written out and dropped while
# its upload still runs, and has to be read back for the worker that takes it a second later.
_EVICTION = {"target": 50, "trigger": 75}


def mongodb_url(program: Program, port: int) -> str:
    """Say where clients connect: through the replica set, so that they wait out a restart.

    Args:
        program: What serves.
        port: Where it listens.
    """
    return f"mongodb://{HOST}:{port}/?replicaSet={_REPLICA_SET[program.kind]}"


def mongodb_command(program: Program, port: int, folder: Path, cache_gb: float) -> list[str]:
    """Write the command that starts the server.

    Args:
        program: What serves.
        port: Where it shall listen, on loopback only.
        folder: Its data; mongod's and SecantusDB's files are different, so a folder for each.
        cache_gb: Size of the storage engine's cache, 0.25 at least.
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
        # Memory that is given back to the kernel costs a page fault when it is wanted again.
        " --setParameter tcmallocReleaseRate=0"
        # A set of one has no secondary to hand over to: nothing to wait for when it stops.
        " --setParameter shutdownTimeoutMillisForSignaledShutdown=100"
        f" --setParameter transactionLifetimeLimitSeconds={_TRANSACTION_SECONDS}"
    )
    return [*program.command, "--dbpath", str(folder), *options.split()]


def mongodb_is_ready(program: Program, port: int) -> bool:
    """Try once whether the server takes writes; make or mend its replica set where needed.

    Args:
        program: What serves.
        port: Where it listens.
    """
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
                _mend_replica_set(client, f"{HOST}:{port}")
            return bool(client.admin.command("hello")["isWritablePrimary"])
    except PyMongoError:
        return False


def _mend_replica_set(client: MongoClient[dict[str, object]], address: str) -> None:
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
