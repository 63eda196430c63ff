"""Errors of drivers, and the wait for a server that does not answer.

A server cannot be reached, does not answer in time, or has no disk space.

A call has the time limit of ``MINILAB_STORE_TIMEOUT_SECONDS``, so that it outlives a slow moment or
an election. While it is known that no server of MongoDB answers, a request need not wait that long
for its 503: all its calls together wait 2 s. Only an upload that began before the last answer of a
server waits longer, so that its bytes are not sent in vain.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from pymongo.errors import (
    ConnectionFailure,
    ExecutionTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    WaitQueueTimeoutError,
)
from redis.exceptions import RedisError

from domain.errors.capacity import BytesUnavailable

MONGODB_UNREACHABLE: tuple[type[Exception], ...] = (
    ConnectionFailure,
    ExecutionTimeout,
    NotPrimaryError,
    WaitQueueTimeoutError,
)
MONGODB_FAILED: type[Exception] = PyMongoError
REDIS_FAILED: tuple[type[Exception], ...] = (RedisError, OSError)
OUT_OF_DISK_SPACE = 14031
STORE_FAILED: tuple[type[Exception], ...] = (MONGODB_FAILED, *REDIS_FAILED, BytesUnavailable)
NO_SERVER_SECONDS = 2.0


class UnusableServer(Exception):
    """The service cannot use a server, or the data in it; the message says what to do."""


class _Patience:
    """How long the calls of a context wait for a server, in monotonic time."""

    def __init__(self, began: float) -> None:
        self.began = began
        self._since = self._until = 0.0

    def seconds(self, now: float) -> float:
        """Return what is left of the wait; a later silence of the server has a wait of its own."""
        if self._since <= _last_answer:
            self._since, self._until = now, now + NO_SERVER_SECONDS
        return max(0.0, self._until - now)


_patience: ContextVar[_Patience | None] = ContextVar("patience", default=None)
_last_answer = 0.0


def is_disk_full(error: Exception) -> bool:
    """Return whether MongoDB refused a write because its disk is full."""
    if not isinstance(error, OperationFailure):
        return False
    failures = [error.details or {}, *(error.details or {}).get("writeErrors", [])]
    return any(failure.get("code") == OUT_OF_DISK_SPACE for failure in failures)


def note_answer() -> None:
    """Note that a server answers."""
    global _last_answer
    _last_answer = time.monotonic()


@contextmanager
def short_patience(*, began: float = float("inf")) -> Iterator[None]:
    """Let the calls of a context together wait briefly for a server.

    Args:
        began: Monotonic time at which the work began: if a server has answered since, its calls
            wait for all of their time.
    """
    token = _patience.set(_Patience(began))
    try:
        yield
    finally:
        _patience.reset(token)


def patience_seconds() -> float | None:
    """Return how long the present context waits for a server; None: no shorter than its calls."""
    patience = _patience.get()
    if patience is None or patience.began < _last_answer:
        return None
    return patience.seconds(time.monotonic())
