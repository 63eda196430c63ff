"""HAProxy before several API processes, with health checks."""

import os
import shutil
import signal
import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from deploy.probe import find_problem
from deploy.servers.ports import find_free_port
from deploy.servers.process import ServerError, ServerProcess

HOST = "127.0.0.1"
# Debian installs it where only root looks.
ALSO_IN = "/usr/sbin:/usr/local/sbin"
_SETTINGS = """\
global
    maxconn 8000
    hard-stop-after 60s
    stats socket ipv4@{host}:{control} level admin
defaults
    mode http
    option redispatch
    # Connections that fail are tried elsewhere; a request that was sent is not repeated.
    retries 3
    retry-on conn-failure
    timeout connect 2s
    timeout client 60s
    timeout server 60s
    timeout http-request 20s
    timeout queue 20s
frontend clients
    bind {host}:{port}
    option forwardfor
    http-request set-header X-Forwarded-Proto http
    default_backend api
backend api
    balance leastconn
    option httpchk GET /healthz
    default-server check inter 500ms fall 2 rise 1
{servers}
"""


class Balancer:
    """HAProxy of this machine.

    Attributes:
        process: Its process.
        url: The address for clients.

    Args:
        folder: Where its settings and its log go.
        ports: The ports of the API processes.

    Raises:
        ServerError: There is no haproxy.
    """

    def __init__(self, folder: Path, ports: Sequence[int]) -> None:
        program = shutil.which("haproxy", path=f"{os.environ.get('PATH', '')}:{ALSO_IN}")
        if program is None:
            raise ServerError(
                "make fleet needs haproxy: apt-get install haproxy, or put it on the PATH"
            )
        port, self._control = find_free_port(), find_free_port()
        servers = "\n".join(f"    server api-{n} {HOST}:{each}" for n, each in enumerate(ports))
        self.settings = folder / "haproxy.cfg"
        self.settings.write_text(
            _SETTINGS.format(host=HOST, port=port, control=self._control, servers=servers)
        )
        self.url = f"http://{HOST}:{port}"
        self.program = program
        self.process = ServerProcess(
            "haproxy",
            # A master, which starts workers anew without closing the port.
            [program, "-W", "-db", "-f", str(self.settings)],
            url=self.url,
            # The port is open before a health check has passed.
            is_ready=lambda: not find_problem(HOST, port, "/healthz"),
            output=folder / "haproxy.log",
        )

    def drain(self, number: int) -> None:
        """Send an API process no further requests, as Kubernetes does before it stops a pod."""
        self._command(f"set server api/api-{number} state drain")

    def use(self, number: int) -> None:
        """Send an API process requests again."""
        self._command(f"set server api/api-{number} state ready")

    def reload(self) -> None:
        """Start anew, without a refused connection."""
        os.kill(self.process.pid, signal.SIGUSR2)

    def _command(self, line: str) -> None:
        with (
            suppress(OSError),
            socket.create_connection((HOST, self._control), timeout=2) as control,
        ):
            control.sendall(f"{line}\n".encode())
            control.recv(4096)
