"""The process that forks: ``python -m tests.warm.starter DESCRIPTOR``.

Each message on the socket starts one process. It is a :class:`tests.warm.process.Start` as JSON,
with the descriptors of another socket and of the output. That socket gives the process ID and, when
the process ends, its exit code.
"""

import ctypes
import gc
import json
import os
import runpy
import signal
import socket
import sys
from importlib import import_module
from selectors import EVENT_READ, DefaultSelector
from typing import NoReturn

from tests.warm.clock import read_clock_file, replace_clock
from tests.warm.process import MESSAGE_BYTES, Start

PR_SET_PDEATHSIG = 1  # linux/prctl.h
USED_BY_ALL = ("api.app", "api.server.server", "tasks.worker", "tasks.delivery.process", "uvloop")
"""These import nearly everything that ``python -m api``, ``tasks`` and ``tasks.delivery`` use."""
WORKER = "tasks"


class Starter:
    """Starts a process for each message, and tells its end."""

    def __init__(self, orders: socket.socket) -> None:
        self._orders = orders
        self._events = DefaultSelector()
        self._events.register(orders, EVENT_READ)

    def next_process(self) -> Start | None:
        """Start processes; returns in each new one, and in this one when all orders have ended."""
        while True:
            for key, _ in self._events.select():
                if key.fileobj is not self._orders:
                    self._tell_end(key.fd, *key.data)
                    continue
                message, descriptors, _, _ = socket.recv_fds(self._orders, MESSAGE_BYTES, 2)
                if not message:
                    return None
                if self._fork(*descriptors):
                    return json.loads(message)  # type: ignore[no-any-return]

    def _fork(self, connection_descriptor: int, output: int) -> bool:
        connection = socket.socket(fileno=connection_descriptor)
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            self._events.close()
            self._orders.close()
            connection.close()
            become_process(parent, output)
            return True
        os.close(output)
        connection.send(str(pid).encode())
        self._events.register(os.pidfd_open(pid), EVENT_READ, (pid, connection))
        return False

    def _tell_end(self, descriptor: int, pid: int, connection: socket.socket) -> None:
        _, status = os.waitpid(pid, 0)
        self._events.unregister(descriptor)
        os.close(descriptor)
        with connection:
            connection.send(str(os.waitstatus_to_exitcode(status)).encode())


def become_process(parent_pid: int, output: int) -> None:
    """Leave the session of the parent, end with it, and write to a descriptor."""
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent_pid:
        os._exit(1)
    os.dup2(output, sys.stdout.fileno())
    os.dup2(output, sys.stderr.fileno())
    os.close(output)


def main(descriptor: int) -> NoReturn:
    """Import what the processes use, then start them."""
    replace_clock()
    for name in USED_BY_ALL:
        import_module(name)
    # Where pydantic is installed, the first of its kind imports it.
    import_module("litestar").Litestar()
    from tests.warm.children import have_children_forked

    gc.collect()
    gc.freeze()
    if start := Starter(socket.socket(fileno=descriptor)).next_process():
        os.environ.clear()
        os.environ.update(start["environment"])
        sys.argv[1:] = []
        read_clock_file(os.environ)
        if start["module"] == WORKER:
            have_children_forked()
        runpy.run_module(start["module"], run_name="__main__", alter_sys=True)
    sys.exit()


if __name__ == "__main__":
    main(int(sys.argv[1]))
