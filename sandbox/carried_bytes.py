"""Bytes that a child receives beside a message, and sends before its answer.

See :mod:`sandbox.streams`, which is the side of the parent.
"""

import os
import sys
from typing import BinaryIO, cast

BEGUN = b"BEGUN\n"
FRAME = b"BYTES "
UNREADABLE = 70  # sysexits.h: EX_SOFTWARE


def tell_begin() -> None:
    """Tell the parent that this child reads a message: from now on the call answers for it."""
    _stdout().write(BEGUN)


class Received:
    """Bytes that follow a message."""

    def __init__(self, size_bytes: int) -> None:
        self._size_bytes = size_bytes

    def read(self) -> bytes:
        """Read them all. Without them the next message could not be found, and the child ends."""
        stdin = cast("BinaryIO", sys.__stdin__ and sys.__stdin__.buffer)
        data = stdin.read(self._size_bytes)
        if len(data) != self._size_bytes:
            os._exit(UNREADABLE)
        return data


class Outlet:
    """Sends bytes to the parent."""

    def send(self, data: bytes) -> None:
        """Send bytes; returns when the parent has taken them."""
        stdout = _stdout()
        stdout.write(b"%s%d\n" % (FRAME, len(data)))
        left = memoryview(data)
        while left:
            left = left[stdout.write(left) :]


def _stdout() -> BinaryIO:
    return cast("BinaryIO", sys.__stdout__ and sys.__stdout__.buffer)
