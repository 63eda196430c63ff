"""Functions that tests run in children; importable by name, as the pool requires."""

import ctypes
import os
import resource
import time
from pathlib import Path

from sandbox.carried_bytes import Outlet


def answer() -> int:
    """Give the ID of the process."""
    return os.getpid()


def sleep(seconds: float) -> int:
    """Work on for a while, and give the ID of the process."""
    time.sleep(seconds)  # Stands for a long decoding.
    return os.getpid()


def take_memory(size_bytes: int) -> int:
    """Ask for memory and use it."""
    return len(bytearray(size_bytes))


def count(data: bytes) -> int:
    """Say how many bytes arrived."""
    return len(data)


def crash() -> None:
    """Die as a decoder does: a bad pointer."""
    ctypes.string_at(0)


def refuse() -> None:
    """Fail in a way that the caller is to see."""
    raise ValueError("not this one")


def limits() -> dict[str, tuple[int, int]]:
    """Read the limits of the process."""
    names = ("RLIMIT_AS", "RLIMIT_CORE")
    return {name: resource.getrlimit(getattr(resource, name)) for name in names}


def address_space_bytes() -> int:
    """Measure the address space of the process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()


def environment() -> dict[str, str]:
    """Read the environment, as Python has it."""
    return dict(os.environ)


def getenv(name: str) -> bytes | None:
    """Read a variable, as C libraries have it."""
    read = ctypes.CDLL(None).getenv
    read.restype = ctypes.c_char_p
    value: bytes | None = read(name.encode())
    return value


def count_page_faults(size_bytes: int, times: int) -> int:
    """Use memory of a size and free it, so often; say how many pages the kernel had to give."""
    take_memory(size_bytes)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(times):
        take_memory(size_bytes)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def send_back(data: bytes, outlet: Outlet, times: int) -> int:
    """Send bytes back several times, and say how many arrived."""
    for _ in range(times):
        outlet.send(data)
    return len(data)


def send_and_crash(data: bytes, outlet: Outlet) -> None:
    """Die in the middle of an answer."""
    outlet.send(data)
    crash()


def send_without_end(outlet: Outlet) -> None:
    """Send bytes for ever, as a child that was taken over may do."""
    while True:
        outlet.send(bytes(65536))
