"""Children of a warm worker, forked by a process that has imported what they use.

A child that is started as it is elsewhere imports for 0.3 s of processor time, which is most of
what a worker of a test costs. ``tests/unit/sandbox`` and ``tests/faults/test_sandbox.py`` start
children as they are started elsewhere.

The worker is a process of its own (:func:`have_children_forked`), or runs in that of the tests
(:func:`fork_children_of_tests`), which has threads and is not forked: there
``python -m tests.warm.children DESCRIPTOR`` forks.
"""

import asyncio
import atexit
import ctypes
import gc
import io
import os
import pickle
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from signal import pidfd_send_signal
from typing import Any, NoReturn

import anyio
import psutil
from anyio import to_process
from anyio._backends._asyncio import StreamReaderWrapper, StreamWriterWrapper
from anyio.abc import ByteReceiveStream, ByteSendStream, Process

PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15  # linux/prctl.h
NURSERY = "nursery"
"""The name of the process that forks."""
ORDER = b"child"
ORDER_BYTES = 64
USED_BY_CHILDREN = (
    "tasks.images.image_batch",
    "domain.images.render_variant",
    "domain.images.render_sizes",
)
start_plainly = anyio.open_process


def children_of(worker_pid: int) -> list[psutil.Process]:
    """Give the children that a worker decodes in, warm or not.

    The kernel lists them. :mod:`psutil` would look at every process of the machine, which keeps a
    test busy that looks often.

    Raises:
        psutil.NoSuchProcess: The worker has ended.
    """
    found: list[psutil.Process] = []
    for pid in _forked_by(worker_pid):
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            is_nursery = process.name() == NURSERY
            found += map(psutil.Process, _forked_by(pid)) if is_nursery else [process]
    return found


def _forked_by(pid: int) -> list[int]:
    """Give the children of the main thread, which starts all children of a worker."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError as error:
        raise psutil.NoSuchProcess(pid) from error
    return [int(child) for child in listed.split()]


def have_children_forked() -> None:
    """Fork the process that forks, before this one has threads, and have it make the children."""
    orders, far_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    worker = os.getpid()
    if os.fork() == 0:
        orders.close()
        _fork_children(far_end, worker)
    far_end.close()
    anyio.open_process = partial(_open_process, orders)


def fork_children_of_tests() -> None:
    """Have the children of workers and APIs in this process forked by another one."""
    anyio.open_process = _open_forked


async def _open_forked(command: Any, **_: object) -> "ForkedChild":
    return await _open_process(_nursery(), command)


@cache
def _nursery() -> socket.socket:
    """Run the process that forks, and return the socket for its orders."""
    orders, far_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with far_end:
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(far_end.fileno())],
            pass_fds=[far_end.fileno()],
            stdin=subprocess.DEVNULL,
        )

    def stop() -> None:
        orders.close()
        process.wait()

    atexit.register(stop)
    return orders


def _fork_children(orders: socket.socket, worker: int) -> NoReturn:
    prctl = ctypes.CDLL(None).prctl
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    prctl(PR_SET_NAME, NURSERY.encode(), 0, 0, 0)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # Nobody asks how a child ended.
    while os.getppid() == worker:
        message, descriptors, _, _ = socket.recv_fds(orders, ORDER_BYTES, 1)
        if not message:
            break
        pid = os.fork()
        if pid == 0:
            orders.close()
            prctl(PR_SET_NAME, b"child", 0, 0, 0)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _become_child(*descriptors)
        os.close(descriptors[0])
        orders.send(str(pid).encode())
    os._exit(0)


def _become_child(descriptor: int) -> NoReturn:
    """Do what ``python -u -m anyio.to_process`` does."""
    for standard in (sys.__stdin__.fileno(), sys.__stdout__.fileno()):  # type: ignore[union-attr]
        os.dup2(descriptor, standard)
    os.close(descriptor)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 -- the standard input.
    sys.stdout = io.TextIOWrapper(os.fdopen(1, "wb", buffering=0), write_through=True)
    to_process.pickle = pickle  # type: ignore[attr-defined]  # The worker has its own.
    to_process.process_worker()
    os._exit(0)


async def _open_process(
    orders: socket.socket, command: Sequence[str], **_: object
) -> "ForkedChild":
    """Do what :func:`anyio.open_process` does, for a child."""
    assert command[-1] == to_process.__name__
    stream, far_end = socket.socketpair()
    try:
        with far_end:
            socket.send_fds(orders, [ORDER], [far_end.fileno()])
        pid = int(orders.recv(ORDER_BYTES))
        return ForkedChild(pid, *await asyncio.open_connection(sock=stream))
    except BaseException:
        stream.close()
        raise


class ForkedChild(Process):
    """A child that this process did not start; all that is known of its end is that it ended.

    Args:
        pid: Its ID.
        answers: Its standard output.
        calls: Its standard input.
    """

    def __init__(
        self, pid: int, answers: asyncio.StreamReader, calls: asyncio.StreamWriter
    ) -> None:
        # These names are those of anyio's own class: sandbox.streams looks there.
        self._stdin = StreamWriterWrapper(calls)
        self._stdout = StreamReaderWrapper(answers)
        self._stderr = self._stdout  # anyio closes three streams.
        self._pid = pid
        self._returncode: int | None = None
        self._ended = asyncio.Event()
        self._descriptor = os.pidfd_open(pid)
        asyncio.get_running_loop().add_reader(self._descriptor, self._end)

    def _end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)
        self._returncode = -signal.SIGKILL
        self._ended.set()

    async def aclose(self) -> None:
        """Close its streams and wait for its end."""
        await self._stdin.aclose()
        await self._stdout.aclose()
        await self.wait()

    async def wait(self) -> int:
        """Wait for the end."""
        await self._ended.wait()
        return -signal.SIGKILL

    def send_signal(self, signal: int) -> None:
        """Send a signal.

        Raises:
            ProcessLookupError: It has ended.
        """
        if self._returncode is not None:
            raise ProcessLookupError
        pidfd_send_signal(self._descriptor, signal)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    @property
    def pid(self) -> int:
        """Its ID."""
        return self._pid

    @property
    def returncode(self) -> int | None:
        """None before the end."""
        return self._returncode

    @property
    def stdin(self) -> ByteSendStream:
        """Takes calls."""
        return self._stdin

    @property
    def stdout(self) -> ByteReceiveStream:
        """Gives answers."""
        return self._stdout

    @property
    def stderr(self) -> None:
        """Is not kept."""


def main(descriptor: int) -> NoReturn:
    """Import what children use, then fork them."""
    for name in USED_BY_CHILDREN:
        import_module(name)
    gc.collect()
    gc.freeze()
    _fork_children(socket.socket(fileno=descriptor), os.getppid())


if __name__ == "__main__":
    main(int(sys.argv[1]))
