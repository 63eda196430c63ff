"""Attempts of a decoder that was taken over; importable by name, as the pool requires."""

import ctypes
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

PTRACE_ATTACH = 16
_libc = ctypes.CDLL(None, use_errno=True)


def connect(address: tuple[str, int]) -> None:
    """Open a TCP connection."""
    socket.create_connection(address, timeout=5).close()


def send_datagram(address: tuple[str, int]) -> None:
    """Send over UDP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"secret", address)


def listen() -> None:
    """Open a port."""
    socket.create_server(("127.0.0.1", 0)).close()


def write(path: Path) -> None:
    """Make a file, or write over one."""
    path.write_bytes(b"mine")


def append(path: Path) -> None:
    """Write to the end of a file."""
    with path.open("ab") as file:
        file.write(b"mine")


def remove(path: Path) -> None:
    """Delete a file."""
    path.unlink()


def rename(path: Path) -> None:
    """Move a file."""
    path.rename(path.with_suffix(".moved"))


def link(path: Path) -> None:
    """Make a symbolic link."""
    path.with_suffix(".link").symlink_to("/etc/passwd")


def make_folder(path: Path) -> None:
    """Make a folder."""
    path.with_suffix(".d").mkdir()


def cut_off(path: Path) -> None:
    """Empty a file by its name."""
    os.truncate(path, 0)


def open_up(path: Path) -> None:
    """Let everybody at a file."""
    path.chmod(0o777)


def change_time(path: Path) -> None:
    """Change when a file was changed."""
    os.utime(path, (1, 1))


def read(path: Path) -> None:
    """Read a file."""
    path.read_bytes()


def read_environment(pid: int) -> None:
    """Read the secrets that a process was started with."""
    Path(f"/proc/{pid}/environ").read_bytes()


def read_memory(pid: int) -> None:
    """Read the memory of a process."""
    with Path(f"/proc/{pid}/mem").open("rb") as memory:
        memory.read(1)


def trace(pid: int) -> None:
    """Take hold of a process as a debugger does."""
    _check(_libc.ptrace(PTRACE_ATTACH, pid, None, None))


def end(pid: int) -> None:
    """Kill a process; signal 0 only asks whether one could."""
    os.kill(pid, 0)


def throttle(pid: int) -> None:
    """Take a process's files away from it."""
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, 3))


def fork() -> None:
    """Make another process."""
    if os.fork() == 0:
        os._exit(0)


def run_program() -> None:
    """Start a program."""
    subprocess.run([sys.executable, "-c", "pass"], check=True)


def become_program() -> None:
    """Turn into a program."""
    os.execv(sys.executable, [sys.executable, "-c", "pass"])  # noqa: S606


def outlive_parent() -> None:
    """Take back that it dies with its parent."""
    _check(_libc.prctl(1, 0, 0, 0, 0))


def lift_limits() -> None:
    """Take back how much memory it may use."""
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)


class Bomb:
    """Makes a file in the process that reads its pickle."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.touch, (self._path,)


def answer_with_code(path: Path) -> Bomb:
    """Answer with a pickle that runs in the parent."""
    return Bomb(path)


def raise_code(path: Path) -> None:
    """Raise an error whose pickle runs in the parent."""
    raise ValueError(Bomb(path))


def abort() -> None:
    """End as a library does that has found its memory damaged."""
    os.kill(os.getpid(), signal.SIGABRT)


def _check(result: int) -> None:
    if result:
        raise PermissionError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
