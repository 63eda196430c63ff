"""The peer, ``benchmarks.peer``, as in production, in an environment of its own."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import Distribution
from pathlib import Path

from benchmarks.harness.http_client import Address
from benchmarks.harness.service import START_SECONDS, Bench, answers, new_database, running_process
from deploy.servers.ports import find_free_port
from deploy.servers.process import ServerProcess

ENVIRONMENT = Path(sys.prefix) / "peer"
JOBS = "/jobs"
"""Its route of jobs."""
PACKAGES = ("fastapi", "celery", "pymongo")
CELERY_OPTIONS = "--loglevel=WARNING --without-gossip --without-mingle --without-heartbeat"


@dataclass(frozen=True)
class Peer:
    """The running peer.

    Attributes:
        address: The address of its API.
        api: The process of uvicorn.
        worker: The process of Celery, with a child for each core.
    """

    address: Address
    api: ServerProcess
    worker: ServerProcess


@contextmanager
def running_peer(bench: Bench, *, full_size: bool = False) -> Iterator[Peer]:
    """Run its API and its worker on an empty database while the context lasts.

    Args:
        bench: The environment.
        full_size: Whether it runs the operations in the plain way, at full size.
    """
    port = find_free_port()
    environment = os.environ | {
        "PEER_MONGODB_URL": bench.servers.mongodb_url,
        "PEER_REDIS_URL": bench.servers.redis_url,
        "PEER_DATABASE": new_database(),
        "PEER_FULL_SIZE": "1" if full_size else "",
    }
    serve = f"uvicorn benchmarks.peer.app:app --port {port} --log-level warning --no-access-log"
    work = f"celery -A benchmarks.peer.tasks worker --concurrency {bench.cores} {CELERY_OPTIONS}"
    python = str(ENVIRONMENT / "bin" / "python")
    with ExitStack() as stack:
        api, worker = (
            stack.enter_context(
                running_process(
                    bench,
                    name,
                    [python, "-m", *command.split()],
                    environment,
                    partial(answers, port),
                )
            )
            for name, command in (("peer-api", serve), ("peer-worker", work))
        )
        api.wait_ready(START_SECONDS)
        yield Peer(Address(port), api, worker)


def peer_versions() -> dict[str, str]:
    """Name the versions of its packages.

    Raises:
        FileNotFoundError: It is not installed.
    """
    folders = [str(folder) for folder in ENVIRONMENT.glob("lib/*/site-packages")]
    versions = {one.name.lower(): one.version for one in Distribution.discover(path=folders)}
    if not versions.keys() >= set(PACKAGES):
        raise FileNotFoundError(f"there is no peer in {ENVIRONMENT}: `make bench` installs it")
    return {f"{name} of the peer": versions[name] for name in PACKAGES}
