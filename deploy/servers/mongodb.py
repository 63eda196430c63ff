"""MongoDB for one machine: mongod as a replica set of one node, or SecantusDB instead.

One password protects mongod. It is the key of the replica set, by which its nodes would know each
other, and so opens mongod's own account ``__system``, which exists before any data does. With that
the user of the service is created, on new data and on data that had no users before.

Source: https://www.mongodb.com/docs/manual/core/security-internal-authentication/
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.servers.ports import accepts_connections
from deploy.servers.programs import Program

Client = MongoClient[dict[str, Any]]

HOST = "127.0.0.1"
_REPLICA_SET = {"mongod": "rs0", "secantusdb": "secantus"}
_ATTEMPT_MILLISECONDS = 2_000
_NOT_YET_INITIALIZED = 94
_AUTHENTICATION_FAILED = 18
_USER = "minilab"
_SYSTEM = {"username": "__system", "authSource": "local", "authMechanism": "SCRAM-SHA-256"}
_OPLOG_MEGABYTES = 512
# Seconds between two checkpoints: what came after the last one is recovered after a kill.
_CHECKPOINT_SECONDS = 15
# A client that is killed in a transaction leaves it open, and its locks, until this age.
_TRANSACTION_SECONDS = 20
# Percent of dirty cache at which eviction begins (target), and at which clients take part in it
# (trigger). With the defaults of 5 and 20, a photo is evicted while its upload still runs, and read
# back for the worker that takes it a second later.
_EVICTION = {"target": 50, "trigger": 75}


def mongodb_url(program: Program, port: int, password: str) -> str:
    """Return the URL for clients, which names the replica set: so they wait out a restart.

    Args:
        password: Password of the server; empty if it has none, as SecantusDB.
    """
    user = f"{_USER}:{password}@" if password else ""
    return f"mongodb://{user}{HOST}:{port}/?replicaSet={_REPLICA_SET[program.kind]}"


def mongodb_command(
    program: Program,
    port: int,
    folder: Path,
    cache_gb: float,
    key_file: Path | None,
    oplog_megabytes: int = _OPLOG_MEGABYTES,
) -> list[str]:
    """Return the command that starts the server on a loopback port.

    Args:
        folder: Folder of the data; the files of mongod and SecantusDB differ.
        cache_gb: Cache of the storage engine in GB, 0.25 or more.
        key_file: File with mode 600 that holds the password; None for a server without one.
        oplog_megabytes: Most space for the oplog.
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
        f" --wiredTigerCacheSizeGB {cache_gb} --oplogSize {oplog_megabytes}"
        f" --wiredTigerEngineConfigString {eviction}"
        f" --syncdelay {_CHECKPOINT_SECONDS}"
        " --quiet --slowms 2000"
        " --setParameter diagnosticDataCollectionEnabled=false"
        # Decompression happens before a password is asked for (CVE-2025-14847).
        " --networkMessageCompressors disabled"
        # Memory that returns to the kernel costs a page fault at its next use.
        " --setParameter tcmallocReleaseRate=0"
        # A replica set of one has no secondary to wait for when it stops.
        " --setParameter shutdownTimeoutMillisForSignaledShutdown=100"
        f" --setParameter transactionLifetimeLimitSeconds={_TRANSACTION_SECONDS}"
    )
    if key_file is not None:
        options += " --setParameter enableLocalhostAuthBypass=false"
    key = ["--keyFile", str(key_file)] if key_file is not None else []
    return [*program.command, "--dbpath", str(folder), *options.split(), *key]


def mongodb_is_ready(program: Program, port: int, password: str) -> bool:
    """Say whether the server accepts writes; create or repair its replica set and its user."""
    if not accepts_connections(port):
        return False
    login: dict[str, str] = _SYSTEM | {"password": password} if password else {}
    try:
        with _connect(port, login) as client:
            if program.kind == "mongod":
                _repair_replica_set(client, f"{HOST}:{port}")
            if not client.admin.command("hello")["isWritablePrimary"]:
                return False
            if password:
                _repair_user(client, port, password)
            return True
    except PyMongoError:
        return False


def _connect(port: int, login: Mapping[str, Any]) -> Client:
    return MongoClient(
        HOST,
        port,
        directConnection=True,
        serverSelectionTimeoutMS=_ATTEMPT_MILLISECONDS,
        socketTimeoutMS=_ATTEMPT_MILLISECONDS,
        **login,
    )


def _repair_user(system: Client, port: int, password: str) -> None:
    """Create the user of the service, or set its password; it may do everything."""
    try:
        with _connect(port, {"username": _USER, "password": password}) as client:
            client.admin.command("ping")
    except OperationFailure as error:
        if error.code != _AUTHENTICATION_FAILED:
            raise
        is_known = system.admin.command("usersInfo", _USER)["users"]
        change = "updateUser" if is_known else "createUser"
        system.admin.command(change, _USER, pwd=password, roles=["root"])


def _repair_replica_set(client: Client, address: str) -> None:
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
