"""SeaweedFS for one machine: a real S3 server for tests, injected faults and benchmarks.

Two processes on loopback: one volume server that keeps the bytes, and a gateway (master, filer and
S3) that clients speak to. So the bytes can be taken away while S3 answers. What they keep is thrown
away: they end by SIGKILL, since the gateway waits for its volumes at SIGTERM without end.
"""

import secrets
import signal
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.error import URLError

from deploy.admin_key import PASSWORD_PREFIX
from deploy.servers.ports import find_free_port, is_free
from deploy.servers.process import ServerError, ServerProcess
from deploy.servers.programs import find_seaweedfs

HOST = "127.0.0.1"
REGION = "us-east-1"
_PORTS = ("master", "master_grpc", "filer", "filer_grpc", "s3", "s3_grpc", "volume", "volume_grpc")
_ATTEMPTS = 3
_ATTEMPT_SECONDS = 2
_VOLUMES = 100
_VOLUME_MEGABYTES = 1024
# It makes seven volumes at once for a new bucket otherwise.
_GROWTH = {"WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"}
# SeaweedFS makes them there, whatever the settings say, and leaves them.
_SOCKETS = Path("/tmp")  # noqa: S108 -- only names with our ports are removed

Ports = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ObjectServers:
    """A running S3 server with one bucket.

    Attributes:
        gateway: Master, filer and S3: what clients speak to.
        volume: Keeps the bytes.
        bucket: Name of the bucket.
        credentials: Variables by which clients of S3 find the keys.
    """

    gateway: ServerProcess
    volume: ServerProcess
    bucket: str
    credentials: Mapping[str, str] = field(repr=False)
    _filer_url: str = field(repr=False)

    @property
    def started(self) -> tuple[ServerProcess, ...]:
        """Both processes."""
        return (self.gateway, self.volume)

    @property
    def endpoint(self) -> str:
        """The URL of S3."""
        return self.gateway.url

    def blob_url(self, prefix: str, endpoint: str | None = None) -> str:
        """Return the value of ``MINILAB_BLOB_URL`` for bytes below a prefix.

        Args:
            endpoint: Another address of the server, such as that of a proxy.
        """
        return f"s3://{self.bucket}/{prefix}?endpoint={endpoint or self.endpoint}"

    def remove(self, prefix: str) -> None:
        """Remove all objects below a prefix, past S3: in one request."""
        place = f"{self._filer_url}/buckets/{self.bucket}/{prefix}"
        _ask(f"{place}?recursive=true&ignoreRecursiveError=true", method="DELETE")


@contextmanager
def object_servers(
    folder: Path, *, bucket: str = "minilab", start_seconds: float = 60
) -> Iterator[ObjectServers]:
    """Run an S3 server for as long as the context lasts.

    Call it from a thread that outlives the servers, such as the main thread.

    Args:
        folder: Where the bytes and the logs are; made if it is missing.
        start_seconds: Longest time until a process is ready.

    Raises:
        ServerError: SeaweedFS is not installed, or does not start.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with ExitStack() as stack:
        yield _start_somewhere(stack, folder, bucket, start_seconds)


def _start_somewhere(
    stack: ExitStack, folder: Path, bucket: str, start_seconds: float
) -> ObjectServers:
    for _ in range(_ATTEMPTS - 1):
        with suppress(_PortTakenError):
            return stack.enter_context(_running(folder, bucket, start_seconds))
    return stack.enter_context(_running(folder, bucket, start_seconds))


class _PortTakenError(ServerError):
    """Another program took one of the ports before the server listened there."""


@contextmanager
def _running(folder: Path, bucket: str, start_seconds: float) -> Iterator[ObjectServers]:
    ports = {name: find_free_port() for name in _PORTS}
    credentials = {
        "AWS_ACCESS_KEY_ID": secrets.token_hex(10),
        "AWS_SECRET_ACCESS_KEY": PASSWORD_PREFIX + secrets.token_hex(20),
        "AWS_REGION": REGION,
    }
    gateway = _make_gateway(folder, ports, credentials)
    volume = _make_volume(folder, ports, bucket)
    filer_url = f"http://{HOST}:{ports['filer']}"
    try:
        _start(gateway, ports, start_seconds)
        # Its first heartbeat must find the master: the next one comes after five seconds.
        _start(volume, ports, start_seconds)
        if not _ask(f"{filer_url}/buckets/{bucket}/", method="POST"):
            raise ServerError(f"the bucket {bucket} could not be made")
        yield ObjectServers(gateway, volume, bucket, credentials, filer_url)
    finally:
        for server in (gateway, volume):
            server.kill()
        for port in ports.values():
            for socket in _SOCKETS.glob(f"seaweedfs-*-grpc-{port}.sock"):
                socket.unlink(missing_ok=True)


def _start(server: ServerProcess, ports: Ports, start_seconds: float) -> None:
    try:
        server.start(start_seconds)
    except ServerError as error:
        if server.is_running or all(is_free(port) for port in ports.values()):
            raise
        raise _PortTakenError(str(error)) from error


def _make_gateway(folder: Path, ports: Ports, credentials: Mapping[str, str]) -> ServerProcess:
    data = folder / "gateway"
    data.mkdir(exist_ok=True)
    options = (
        f"server -volume=false -filer -s3 -dir={data} -ip={HOST} -ip.bind={HOST}"
        f" -master.port={ports['master']} -master.port.grpc={ports['master_grpc']}"
        f" -master.volumeSizeLimitMB={_VOLUME_MEGABYTES} -master.electionTimeout=1s"
        " -master.telemetry=false"
        f" -filer.port={ports['filer']} -filer.port.grpc={ports['filer_grpc']}"
        f" -filer.localSocket={data}/filer.sock"
        f" -s3.port={ports['s3']} -s3.port.grpc={ports['s3_grpc']} -s3.localSocket={data}/s3.sock"
        " -s3.port.iceberg=0 -s3.port.lance=0 -s3.iam=false -s3.cacheCapacityMB=0"
    )
    url = f"http://{HOST}:{ports['s3']}"
    return ServerProcess(
        "objects",
        [*find_seaweedfs().command, *options.split()],
        url=url,
        is_ready=partial(_ask, f"{url}/healthz"),
        output=folder / "gateway.log",
        environment={**_GROWTH, **credentials},
        at_parents_end=signal.SIGKILL,
    )


def _make_volume(folder: Path, ports: Ports, bucket: str) -> ServerProcess:
    data = folder / "volume"
    data.mkdir(exist_ok=True)
    options = (
        f"volume -dir={data} -ip={HOST} -ip.bind={HOST} -max={_VOLUMES} -preStopSeconds=0"
        f" -port={ports['volume']} -port.grpc={ports['volume_grpc']}"
        f" -master={HOST}:{ports['master']}.{ports['master_grpc']}"
    )
    # The master gives out a place only on a volume server that it knows.
    assign = f"http://{HOST}:{ports['master']}/dir/assign?collection={bucket}"
    return ServerProcess(
        "object volume",
        [*find_seaweedfs().command, *options.split()],
        url=f"http://{HOST}:{ports['volume']}",
        is_ready=partial(_ask, assign),
        output=folder / "volume.log",
        environment={},
        at_parents_end=signal.SIGKILL,
    )


def _ask(url: str, method: str = "GET") -> bool:
    """Send a request without a body; whether it succeeded."""
    request = urllib.request.Request(url, method=method)  # noqa: S310 -- http, on loopback
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_ATTEMPT_SECONDS) as answer:
            return 200 <= int(answer.status) < 300
    except (URLError, OSError):
        return False
