"""IDs and the clock: what a pure domain cannot make for itself.

Processes may run on machines whose clocks differ, and a clock may be set while they run. The
time here is MongoDB's, carried on by the monotonic clock between two looks at it: see
:func:`follow_clock`.
"""

import secrets
import time
from datetime import UTC, datetime, timedelta

# Less than this is the time that the answer took to come, rather than a difference.
TOLERATED_SECONDS = 0.5

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _SteadyClock:
    """Goes on evenly from the time that it was set to, whatever the system's clock does."""

    def __init__(self) -> None:
        self._ahead_ns: int | None = None
        self._last_step = 0

    def read_ns(self) -> int:
        if self._ahead_ns is None:  # Until it is told better.
            self._ahead_ns = time.time_ns() - time.monotonic_ns()
        return self._ahead_ns + time.monotonic_ns()

    def set(self, now_ns: int) -> bool:
        if abs(now_ns - self.read_ns()) < TOLERATED_SECONDS * 1e9:
            return False
        self._ahead_ns = now_ns - time.monotonic_ns()
        return True

    def next_step(self) -> int:
        """Give the time in 1/4096 ms; later than ever before, also when the clock was set back."""
        self._last_step = max(self._last_step + 1, self.read_ns() * 4096 // 1_000_000)
        return self._last_step


_clock = _SteadyClock()


def new_id() -> str:
    """Make a UUIDv7: unique, and sorted by the time of its making.

    The 12 bits after the milliseconds carry their fraction, counted up where two would be equal.
    Source: RFC 9562, section 6.2, method 3.
    """
    step = _clock.next_step()
    bits = secrets.randbits(62)
    text = f"{step >> 12:012x}7{step & 0xFFF:03x}{0b10 << 62 | bits:016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def utc_now() -> datetime:
    """Read the clock, cut to the milliseconds that BSON keeps."""
    return _EPOCH + timedelta(milliseconds=_clock.read_ns() // 1_000_000)


def follow_clock(now: datetime) -> bool:
    """Take over the time of a server that all processes ask.

    Args:
        now: Its time at this moment, UTC.

    Returns:
        Whether this process had another time.
    """
    return _clock.set((now - _EPOCH) // timedelta(microseconds=1) * 1000)


def cut_to_milliseconds(moment: datetime) -> datetime:
    """Drop what BSON does not keep."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def made_at(uuid7: str) -> datetime:
    """Read from a UUIDv7 when it was made, to the millisecond."""
    return datetime.fromtimestamp(int(uuid7.replace("-", "")[:12], 16) / 1000, UTC)


def first_id_at(moment: datetime) -> str:
    """Give the lower bound of all UUIDv7 that are made at a time or later."""
    stamp = f"{int(moment.timestamp() * 1000):012x}"
    return f"{stamp[:8]}-{stamp[8:]}"
