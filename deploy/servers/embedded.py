"""Embedded MongoDB and Redis servers for one machine.

They listen on loopback, ask for a password, keep their data in one folder, and end with the process
that started them, however that ends.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from deploy.admin_key import read_password
from deploy.servers.data_folder import Folder, is_held, locked_folder
from deploy.servers.mongodb import mongodb_command, mongodb_is_ready, mongodb_url
from deploy.servers.ports import find_free_port, is_free
from deploy.servers.process import ServerError, ServerProcess
from deploy.servers.programs import find_mongodb, find_redis_server
from deploy.servers.redis_server import redis_command, redis_is_ready, redis_url

_PORT_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class EmbeddedServers:
    """The running servers of one data folder, in the order of their start.

    Their URLs stay the same through restarts.
    """

    started: tuple[ServerProcess, ...]

    @property
    def mongodb(self) -> ServerProcess:
        """The MongoDB server."""
        return self._named("mongodb")

    @property
    def redis(self) -> ServerProcess:
        """The Redis server."""
        return self._named("redis")

    @property
    def mongodb_url(self) -> str:
        """The URL of MongoDB."""
        return self.mongodb.url

    @property
    def redis_url(self) -> str:
        """The URL of Redis."""
        return self.redis.url

    def _named(self, name: str) -> ServerProcess:
        for server in self.started:
            if server.name == name:
                return server
        raise ServerError(f"no embedded {name} was started")


@contextmanager
def embedded_servers(
    data_dir: Path,
    *,
    mongodb: bool = True,
    redis: bool = True,
    mongodb_cache_gb: float = 1.0,
    start_seconds: float = 60,
    stop_seconds: float = 20,
) -> Iterator[EmbeddedServers]:
    """Run the servers, with the data of earlier runs, for as long as the context lasts.

    Call it from a thread that outlives the servers, such as the main thread.

    Args:
        mongodb_cache_gb: Cache of MongoDB's storage engine in GB, 0.25 or more.
        start_seconds: Longest time until a server is ready.
        stop_seconds: Longest time until a server stops; then it is killed.

    Raises:
        ServerError: The folder is in use, a program is missing, or a server does not start.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(locked_folder(data_dir))
        started: list[ServerProcess] = []
        stack.callback(_stop_all, started, stop_seconds)
        if mongodb:
            started.append(_start_mongodb(folder, mongodb_cache_gb, start_seconds))
        if redis:
            started.append(_start_redis(folder, start_seconds))
        yield EmbeddedServers(tuple(started))


def find_running_mongodb(data_dir: Path) -> str | None:
    """Return the URL of the MongoDB of a data folder, if one is running."""
    folder = data_dir.absolute()
    if not is_held(folder):
        return None
    state = Folder(folder, lock=-1)
    port = int(state.remembered("mongodb_port") or 0)
    if not port:
        return None
    program = find_mongodb(state.remembered("mongodb_program"))
    is_mongod = program.kind == "mongod"
    password = read_password(folder / "mongodb_password") if is_mongod else ""
    if not mongodb_is_ready(program, port, password):
        return None
    return mongodb_url(program, port, password)


def _stop_all(started: list[ServerProcess], stop_seconds: float) -> None:
    for server in reversed(started):
        server.stop(stop_seconds)


def _start_mongodb(folder: Folder, cache_gb: float, start_seconds: float) -> ServerProcess:
    program = find_mongodb(folder.remembered("mongodb_program"))
    data = folder.subfolder(program.kind)
    # SecantusDB has no users.
    key_file = folder.password_file("mongodb") if program.kind == "mongod" else None
    password = read_password(key_file) if key_file else ""
    return _start_on_some_port(
        folder,
        "mongodb",
        program.path,
        start_seconds,
        command=lambda port: mongodb_command(program, port, data, cache_gb, key_file),
        url=lambda port: mongodb_url(program, port, password),
        is_ready=lambda port: mongodb_is_ready(program, port, password),
    )


def _start_redis(folder: Folder, start_seconds: float) -> ServerProcess:
    program = find_redis_server(folder.remembered("redis_program"))
    data = folder.subfolder("redis")
    password = read_password(folder.password_file("redis"))
    return _start_on_some_port(
        folder,
        "redis",
        program.path,
        start_seconds,
        command=lambda port: redis_command(program, port, data, password),
        url=lambda port: redis_url(port, password),
        is_ready=lambda port: redis_is_ready(port, password),
    )


def _start_on_some_port(
    folder: Folder,
    name: str,
    program: str,
    start_seconds: float,
    *,
    command: Callable[[int], list[str]],
    url: Callable[[int], str],
    is_ready: Callable[[int], bool],
) -> ServerProcess:
    port = int(folder.remembered(f"{name}_port") or 0)
    for attempt in range(_PORT_ATTEMPTS):
        if not port or not is_free(port):
            port = find_free_port()
        server = ServerProcess(
            name,
            command(port),
            url=url(port),
            is_ready=partial(is_ready, port),
            output=folder.log(name),
            keep_open=[folder.lock],
        )
        try:
            server.start(start_seconds)
        except BaseException:
            lost_the_port = not server.is_running and not is_free(port)
            server.kill()
            if not lost_the_port or attempt == _PORT_ATTEMPTS - 1:
                raise
        else:
            folder.remember({f"{name}_port": str(port), f"{name}_program": program})
            return server
    raise AssertionError("unreachable")
