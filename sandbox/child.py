"""The sandbox inside a child, entered before the first function runs.

A child handles hostile bytes. It has no settings in its environment, cannot exceed its address
space, writes no file, reaches no network and no other process, and dies with its parent. It also
dies if it cannot read a message: the rest of that message, such as the bytes of an image, must
not be read as the next one.
"""

import ctypes
import os
import pickle
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from sandbox.carried_bytes import UNREADABLE, Received, tell_begin
from sandbox.heap import keep_freed_memory
from sandbox.landlock import allow_reading_only
from sandbox.seccomp import refuse_system_calls

Result = TypeVar("Result")

PR_SET_PDEATHSIG, PR_SET_DUMPABLE = 1, 4  # linux/prctl.h
MAX_OPEN_FILES = 64

# Libraries, and the files that they and the dynamic linker read; nothing else is readable.
_SYSTEM_PATHS = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/dev/null", "/proc/self")


class Confinement(msgspec.Struct):
    """The mechanisms that confine a child: the version of Landlock, or 0, and seccomp."""

    landlock: int = 0
    seccomp: bool = False


class Gate:
    """Confines the child that unpickles it, before the child reads the rest of the message.

    The rest of the message names modules. Importing those may start threads, to which Landlock
    would not apply. The child tells its parent that it is here.
    """

    def __reduce__(self) -> tuple[Callable[[], "Gate"], tuple[()]]:
        """Make the reader enter the sandbox."""
        return _pass, ()


_confinement: Confinement | None = None
_bounded = False


def call_in_sandbox(
    _gate: Gate,
    _brought: object,
    max_added_bytes: int,
    niceness: int,
    seconds: float,
    function: Callable[..., Result],
    *args: object,
) -> Result:
    """Enter the sandbox once, then call the function.

    Args:
        max_added_bytes: Address space that the child may add to its present size, in bytes.
        niceness: How far the child gives way to other processes, 0 to 19; it is for good.
        seconds: After this CPU time on every CPU the kernel ends the child, in case its parent
            cannot.
    """
    global _bounded
    if not _bounded:
        os.nice(niceness)
        limit = _address_space_bytes() + max_added_bytes
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        confinement().seccomp = refuse_system_calls()
        _bounded = True
    spent = time.process_time() + (seconds + 1) * (os.cpu_count() or 1)
    resource.setrlimit(resource.RLIMIT_CPU, (int(spent) + 1, resource.RLIM_INFINITY))
    return function(*(arg.read() if isinstance(arg, Received) else arg for arg in args))


def confinement() -> Confinement:
    """Return the mechanisms that confine this child."""
    return _confinement or Confinement()


def protect_from_children() -> None:
    """Hide the memory of this process from its children, for platforms without Landlock.

    Afterwards only root can debug or dump it.
    """
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0)


def _pass() -> Gate:
    if _confinement is None:
        _enter()
    tell_begin()
    return Gate()


def _enter() -> None:
    global _confinement
    for name in [name for name in os.environ if name.startswith("MINILAB_")]:
        del os.environ[name]
    # Several children share the cores, so threads inside each one cost more than they bring.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.dont_write_bytecode = True
    keep_freed_memory()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (MAX_OPEN_FILES, MAX_OPEN_FILES))
    pickle.load = _load_or_die  # type: ignore[assignment]  # anyio.to_process reads its messages with it
    _confinement = Confinement(landlock=_use_landlock())
    if not _confinement.landlock:
        protect_from_children()


def _use_landlock() -> int:
    libraries = {sys.prefix, sys.base_prefix, *_SYSTEM_PATHS}
    folders = [Path(entry or ".").absolute() for entry in sys.path]
    # Only the packages of a folder, because data may lie beside them.
    code = [file for folder in folders for file in folder.glob("*.py")]
    packages = [file.parent for folder in folders for file in folder.glob("*/__init__.py")]
    try:
        return allow_reading_only([*map(Path, libraries), *code, *packages], folders)
    except OSError:
        return 0


def _load_or_die(file: BinaryIO) -> object:
    try:
        return pickle.Unpickler(file).load()  # noqa: S301 -- from our parent
    except BaseException:
        os._exit(UNREADABLE)


def _address_space_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123
        pages = int(statm.read().split()[0])
    return pages * resource.getpagesize()
