"""Redis for this machine: an append-only file, nothing evicted, loopback only."""

from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from deploy.servers.ports import accepts_connections
from deploy.servers.programs import Program

HOST = "127.0.0.1"
_ATTEMPT_SECONDS = 2


def redis_url(port: int) -> str:
    """Say where clients connect.

    Args:
        port: Where the server listens.
    """
    return f"redis://{HOST}:{port}/0"


def redis_command(program: Program, port: int, folder: Path) -> list[str]:
    """Write the command that starts the server.

    Args:
        program: What serves.
        port: Where it shall listen.
        folder: Its data.
    """
    options = (
        f"--bind {HOST} --port {port} --protected-mode yes --daemonize no"
        " --appendonly yes --appendfsync everysec --maxmemory-policy noeviction --loglevel warning"
    )
    # Snapshots off: the append-only file holds all, and is rewritten when it grows.
    return [*program.command, "--dir", str(folder), *options.split(), "--save", ""]


def redis_is_ready(port: int) -> bool:
    """Try once whether the server answers (not while it still loads its data).

    Args:
        port: Where it listens.
    """
    if not accepts_connections(port):
        return False
    try:
        with Redis(host=HOST, port=port, socket_timeout=_ATTEMPT_SECONDS) as client:
            return bool(client.ping())
    except RedisError:
        return False
