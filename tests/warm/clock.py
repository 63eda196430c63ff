"""A system clock that may be wrong, in each process that :mod:`tests.warm.starter` starts.

The variable ``CLOCK_FILE`` names a file with the seconds by which the clock is ahead. It is read at
each look at the clock, so that the clock can jump while the process runs. The monotonic clock is
right, as it is where somebody sets the time of a machine.
"""

import os
import time
from collections.abc import Mapping

_time_ns = time.time_ns
_file: int | None = None


def replace_clock() -> None:
    """Have :mod:`time` tell the time of this module; to be called before others import from it."""
    time.time_ns = _shifted_time_ns
    time.time = _shifted_time


def read_clock_file(environment: Mapping[str, str]) -> None:
    """Set the clock by the file that these variables name, if they name one.

    It stays open: children, which have the clock of their worker, may not open files.
    """
    global _file
    if path := environment.get("CLOCK_FILE"):
        _file = os.open(path, os.O_RDONLY)


def _shifted_time_ns() -> int:
    if _file is None:
        return _time_ns()
    return _time_ns() + int(os.pread(_file, 32, 0)) * 1_000_000_000


def _shifted_time() -> float:
    return _shifted_time_ns() / 1e9
