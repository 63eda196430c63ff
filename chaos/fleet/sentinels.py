"""Two servers of Redis and three Sentinels, as processes of their own on loopback."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

from redis import Redis
from redis.exceptions import RedisError

from chaos.waiting import block_until
from deploy.servers.ports import find_free_port
from deploy.servers.process import ServerProcess
from deploy.servers.programs import find_redis_server

HOST = "127.0.0.1"
SERVICE = "minilab"
DOWN_MS = 1000
"""A server that does not answer for this long is down for a Sentinel."""
PASSWORD = "aPasswordOfRedisOfSomeLength0123"  # noqa: S105 -- of a run alone
_SENTINEL = f"""\
sentinel monitor {SERVICE} {HOST} {{master}} 2
sentinel auth-pass {SERVICE} {PASSWORD}
sentinel down-after-milliseconds {SERVICE} {DOWN_MS}
sentinel failover-timeout {SERVICE} 4000
"""


def start_redis(
    folder: Path, name: str, lines: str, port: int | None = None, *more: str
) -> ServerProcess:
    """Start a server of Redis, or a Sentinel, by the lines of its settings.

    Args:
        folder: Where its data are.
        name: Its name, which the others of the folder do not have.
        lines: Lines of its file of settings, which it may rewrite.
        port: Where it listens; None: on a free port.
        *more: Arguments that go before the settings on the command line.
    """
    port = port or find_free_port()
    place = folder / name
    place.mkdir()
    settings = place / "redis.conf"
    settings.write_text(f'bind {HOST}\nport {port}\ndir {place}\nsave ""\n{lines}')
    server = ServerProcess(
        "redis",
        [*find_redis_server().command, str(settings), *more],
        url=f"redis://:{PASSWORD}@{HOST}:{port}/0",
        is_ready=lambda: answers(port),
        output=folder / f"{name}.log",
    )
    server.start()
    return server


def answers(port: int, login: Mapping[str, str] = MappingProxyType({})) -> bool:
    """Say whether a server answers, be it that it asks for a password."""
    try:
        with Redis(HOST, port, socket_timeout=2, **login) as redis:  # type: ignore[arg-type]
            return bool(redis.ping())
    except RedisError as error:
        return "NOAUTH" in str(error) or "Authentication required" in str(error)


def port_of(server: ServerProcess) -> int:
    """Return the port of a server."""
    return int(server.url.rpartition(":")[2].partition("/")[0])


class Guarded:
    """A master, a replica and the Sentinels that watch them.

    Attributes:
        redis: Both servers, the first master before the other.
        sentinels: The Sentinels.
        url: What the service is told.
    """

    def __init__(self, redis: list[ServerProcess], sentinels: list[ServerProcess]) -> None:
        self.redis = redis
        self.sentinels = sentinels
        hosts = ",".join(f"{HOST}:{port_of(sentinel)}" for sentinel in sentinels)
        self.url = f"redis+sentinel://:{PASSWORD}@{hosts}/{SERVICE}/0"

    def master(self) -> ServerProcess | None:
        """Return the server that all Sentinels that answer name as the master."""
        named = set()
        for sentinel in self.sentinels:
            with (
                suppress(RedisError),
                Redis(HOST, port_of(sentinel), socket_timeout=2) as asked,
            ):
                named.add(int(asked.sentinel_get_master_addr_by_name(SERVICE)[1]))
        masters = [server for server in self.redis if {port_of(server)} == named]
        return masters[0] if masters else None

    def fail_over(self) -> bool:
        """Ask a Sentinel to make the replica the master, as before maintenance.

        Returns:
            False if it does not do so yet, for instance as it has not heard from the replica.
        """
        try:
            with Redis(HOST, port_of(self.sentinels[0]), socket_timeout=2) as asked:
                return bool(asked.sentinel_failover(SERVICE))
        except RedisError:
            return False

    def is_watched(self) -> bool:
        """Say whether every Sentinel knows the replica and both others."""
        states = []
        try:
            for sentinel in self.sentinels:
                with Redis(HOST, port_of(sentinel), socket_timeout=2) as asked:
                    states.append(asked.sentinel_master(SERVICE))
        except RedisError:
            return False
        others = len(self.sentinels) - 1
        known = [(state["num-slaves"], state["num-other-sentinels"]) for state in states]
        return known == [(1, others)] * len(states) and not any(
            state["is_sdown"] for state in states
        )

    def has_replica(self) -> bool:
        """Say whether the replica has the data of the master."""
        try:
            master = self.master()
            if master is None:
                return False
            with Redis(HOST, port_of(master), password=PASSWORD) as redis:
                found = redis.info("replication")
        except RedisError:
            return False
        return bool(found["connected_slaves"] and found["slave0"]["state"] == "online")


@contextmanager
def guarded_redis(folder: Path) -> Iterator[Guarded]:
    """Run them; each is ended by its process ID."""
    login = f"requirepass {PASSWORD}\nmasterauth {PASSWORD}\nrepl-diskless-sync-delay 0\n"
    started: list[ServerProcess] = []
    try:
        started.append(start_redis(folder, "redis-0", login))
        port = port_of(started[0])
        started.append(start_redis(folder, "redis-1", f"{login}replicaof {HOST} {port}\n"))
        watched = _SENTINEL.format(master=port)
        for number in range(3):
            name = f"sentinel-{number}"
            started.append(start_redis(folder, name, watched, None, "--sentinel"))
        guarded = Guarded(started[:2], started[2:])
        block_until(lambda: guarded.is_watched() and guarded.has_replica())
        yield guarded
    finally:
        for server in started:
            server.resume()
            server.kill()
