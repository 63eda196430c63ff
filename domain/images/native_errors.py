"""Errors that libtiff prints and does not report to its caller."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

_STANDARD_ERROR = 2
_MOST_BYTES = 65_536  # What a pipe holds; further errors are lost.


@contextmanager
def catch_native_errors() -> Iterator[list[bytes]]:
    """Collect the lines that C libraries write to standard error within the block.

    The lines are in the list after the block, the first 64 KiB of them. Nothing else of the
    process may write there meanwhile.
    """
    lines: list[bytes] = []
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    kept = os.dup(_STANDARD_ERROR)
    os.dup2(writing, _STANDARD_ERROR)
    try:
        yield lines
    finally:
        os.dup2(kept, _STANDARD_ERROR)
        os.close(kept)
        os.close(writing)
        lines += os.read(reading, _MOST_BYTES).splitlines()
        os.close(reading)
