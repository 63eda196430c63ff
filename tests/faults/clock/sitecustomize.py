"""A system clock that is wrong, for a process that is started with this folder in its path.

``CLOCK_FILE`` names a file with the seconds by which the clock is ahead. It is read at each look
at the clock, so that the clock can jump while the process runs. The monotonic clock is right, as
it is where somebody sets the time of a machine.
"""

import os
import time

# Kept open: the children may not open files.
_file = os.open(os.environ["CLOCK_FILE"], os.O_RDONLY)
_time_ns = time.time_ns


def _shifted_time_ns() -> int:
    return _time_ns() + int(os.pread(_file, 32, 0)) * 1_000_000_000


def _shifted_time() -> float:
    return _shifted_time_ns() / 1e9


time.time_ns = _shifted_time_ns
time.time = _shifted_time
