"""Redis for one machine: an append-only file, no eviction, a password, loopback only."""

from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from deploy.admin_key import write_private
from deploy.servers.ports import accepts_connections
from deploy.servers.programs import Program

HOST = "127.0.0.1"
_ATTEMPT_SECONDS = 2


def redis_url(port: int, password: str) -> str:
    """Return the URL for clients."""
    return f"redis://:{password}@{HOST}:{port}/0"


def redis_command(program: Program, port: int, folder: Path, password: str) -> list[str]:
    """Return the command that starts the server on a port, with its data in a folder.

    The password goes through a file: every user of the machine can read command lines.
    """
    settings = folder / "redis.conf"
    write_private(settings, f"requirepass {password}\n")
    options = (
        f"--bind {HOST} --port {port} --protected-mode yes --daemonize no"
        # Redis wakes ten times a second otherwise, which is most of what it costs without work.
        " --hz 5"
        " --appendonly yes --appendfsync everysec --maxmemory-policy noeviction --loglevel warning"
    )
    # No snapshots: the append-only file holds all data, and is rewritten when it grows.
    return [*program.command, str(settings), "--dir", str(folder), *options.split(), "--save", ""]


def redis_is_ready(port: int, password: str) -> bool:
    """Say whether the server answers; it does not while it loads its data."""
    if not accepts_connections(port):
        return False
    try:
        url = redis_url(port, password)
        with Redis.from_url(url, socket_timeout=_ATTEMPT_SECONDS) as client:
            return bool(client.ping())
    except RedisError:
        return False
