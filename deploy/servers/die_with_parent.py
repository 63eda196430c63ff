"""Becomes another program that ends with its parent, however that ends.

Run as ``python -I -S die_with_parent.py PARENT_PID SIGNAL PROGRAM [ARGUMENT…]``, standard library
only. The kernel sends the signal, a number, at the end of the parent.
A program of its own is safe in a parent with threads, unlike code between fork and exec. The kernel
keeps the setting across exec.

Source: prctl(2), PR_SET_PDEATHSIG.
"""

import contextlib
import ctypes
import os
import resource
import sys

PR_SET_PDEATHSIG = 1
MAX_OPEN_FILES = 64_000


def _raise_open_files_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft = MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_OPEN_FILES)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def main(parent_pid: int, number: int, command: list[str]) -> None:
    """Tie this process to its parent, then become ``command``.

    If the parent has died before this call, no signal comes, and this process exits at once.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent_pid:
        sys.exit(1)
    _raise_open_files_limit()
    os.execv(command[0], command)  # noqa: S606 -- becoming the program is the purpose


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
