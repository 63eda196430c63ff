"""What happens inside the child, before the first function runs.

A child is made for hostile bytes: it forgets the environment, cannot grow past its address
space, writes no core file, and dies with its parent. It also dies when it cannot read what it
is told: the rest of that message, an image's bytes among it, must not be read as the next one.
"""

import ctypes
import os
import pickle
import resource
import signal
from collections.abc import Callable
from typing import BinaryIO, ParamSpec, TypeVar

Result = TypeVar("Result")
Parameters = ParamSpec("Parameters")

PR_SET_PDEATHSIG = 1  # linux/prctl.h
UNREADABLE = 70  # sysexits.h: EX_SOFTWARE

_entered = False


def call_in_sandbox(
    max_added_bytes: int,
    function: Callable[Parameters, Result],
    *args: Parameters.args,
    **kwargs: Parameters.kwargs,
) -> Result:
    """Enter the sandbox once, then call the function.

    Args:
        max_added_bytes: Address space that the child may add to what it has now, in bytes.
        function: A pure function, importable by name.
        *args: Its positional arguments.
        **kwargs: Its keyword arguments.

    Returns:
        What the function returns.
    """
    global _entered
    if not _entered:
        _enter(max_added_bytes)
        _entered = True
    return function(*args, **kwargs)


def _enter(max_added_bytes: int) -> None:
    for name in [name for name in os.environ if name.startswith("MINILAB_")]:
        del os.environ[name]
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit = _address_space_bytes() + max_added_bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    pickle.load = _load_or_die  # type: ignore[assignment]  # anyio.to_process reads its messages with it


def _load_or_die(file: BinaryIO) -> object:
    try:
        return pickle.Unpickler(file).load()  # noqa: S301 -- from our parent
    except BaseException:
        os._exit(UNREADABLE)


def _address_space_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123
        pages = int(statm.read().split()[0])
    return pages * resource.getpagesize()
