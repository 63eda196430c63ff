"""The clock and the IDs that contain it.

The clocks of machines may differ, and may be set while processes run. The time here is MongoDB's,
advanced by the monotonic clock between two calls of :func:`follow_clock`.
"""

import secrets
import time
from datetime import UTC, datetime, timedelta

# Smaller differences are caused by the time that the answer took.
TOLERATED_SECONDS = 0.5

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _SteadyClock:
    """A clock that advances evenly from the time it was set to, whatever the system clock does."""

    def __init__(self) -> None:
        self._ahead_ns: int | None = None
        self._last_step = 0

    def read_ns(self) -> int:
        if self._ahead_ns is None:  # The system clock, until the first set.
            self._ahead_ns = time.time_ns() - time.monotonic_ns()
        return self._ahead_ns + time.monotonic_ns()

    def set(self, now_ns: int) -> bool:
        if abs(now_ns - self.read_ns()) < TOLERATED_SECONDS * 1e9:
            return False
        self._ahead_ns = now_ns - time.monotonic_ns()
        return True

    def next_step(self) -> int:
        """Return the time in 1/4096 ms, always later than before, even if the clock is set back."""
        self._last_step = max(self._last_step + 1, self.read_ns() * 4096 // 1_000_000)
        return self._last_step


_clock = _SteadyClock()


def new_id() -> str:
    """Make a UUIDv7: unique, and sorted by the time of creation.

    The 12 bits after the milliseconds hold their fraction, raised by one if two would be equal.
    Source: RFC 9562, section 6.2, method 3.
    """
    step = _clock.next_step()
    bits = secrets.randbits(62)
    text = f"{step >> 12:012x}7{step & 0xFFF:03x}{0b10 << 62 | bits:016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def utc_now() -> datetime:
    """Read the clock, UTC, in whole milliseconds as BSON stores them."""
    return _EPOCH + timedelta(milliseconds=_clock.read_ns() // 1_000_000)


def follow_clock(now: datetime) -> bool:
    """Set the clock to MongoDB's time; False if it is less than half a second off."""
    return _clock.set((now - _EPOCH) // timedelta(microseconds=1) * 1000)


def cut_to_milliseconds(moment: datetime) -> datetime:
    """Round a time down to the milliseconds that BSON stores."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def made_at(uuid7: str) -> datetime:
    """Return the time of creation of a UUIDv7, in whole milliseconds, UTC."""
    return datetime.fromtimestamp(int(uuid7.replace("-", "")[:12], 16) / 1000, UTC)


def first_id_at(moment: datetime) -> str:
    """Return the lower bound of all UUIDv7 that are created at a time or later."""
    stamp = f"{int(moment.timestamp() * 1000):012x}"
    return f"{stamp[:8]}-{stamp[8:]}"
