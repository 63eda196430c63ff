"""A process of the service as a test sees it, started by a fork of :mod:`tests.warm.starter`."""

import atexit
import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import TypedDict

from deploy.servers.process import ServerProcess

MESSAGE_BYTES = 1 << 16


class Start(TypedDict):
    """What to start: a module, as of ``python -m``, and all variables of its environment."""

    module: str
    environment: dict[str, str]


class WarmProcess(ServerProcess):
    """A process of the service: ``python -m MODULE``, last in its command.

    It starts in a tenth of the processor time. It is no child of this process, but ends with it.
    """

    def _launch(self, output: int) -> "ForkedProcess":
        return fork(self.command[-1], self._environment or {}, output)


class ForkedProcess:
    """A process that this one did not start.

    Args:
        connection: Gives the process ID at once, and the exit code at the end.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._exit_code: int | None = None
        self.pid = int(connection.recv(MESSAGE_BYTES))

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal; None before the end."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self._exit_code

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit code.

        Args:
            timeout: The longest time to wait, in seconds; None: no limit.

        Raises:
            subprocess.TimeoutExpired: It did not end in time.
        """
        if self._exit_code is None:
            if not select.select([self._connection], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            with self._connection:
                self._exit_code = int(self._connection.recv(MESSAGE_BYTES))
        return self._exit_code

    def send_signal(self, sig: int) -> None:
        """Send a signal to the process if it has not ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, sig)


def fork(module: str, environment: Mapping[str, str], output: int) -> ForkedProcess:
    """Start ``python -m module`` with these variables, and a descriptor for its output."""
    connection, far_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with far_end:
        start = json.dumps(Start(module=module, environment=dict(environment)))
        socket.send_fds(_starter(), [start.encode()], [far_end.fileno(), output])
    return ForkedProcess(connection)


@cache
def _starter() -> socket.socket:
    """Run the starter, and return the socket for its orders."""
    orders, far_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with far_end:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.warm.starter", str(far_end.fileno())],
            pass_fds=[far_end.fileno()],
            stdin=subprocess.DEVNULL,
        )

    def stop() -> None:
        orders.close()
        process.wait()

    atexit.register(stop)
    return orders
