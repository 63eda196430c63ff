"""How long calls wait while no server of MongoDB answers at all.

A call has the time limit of ``MINILAB_STORE_TIMEOUT_SECONDS``, so that it outlives a slow moment or
an election. While it is known that no server answers, a request need not wait that long for its
503. Only an upload that began before the last answer of a server does, so that its bytes are not
sent in vain.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

NO_SERVER_SECONDS = 2.0

# When the work of a context began that waits longer; infinity: it does not.
_began: ContextVar[float | None] = ContextVar("began", default=None)
_last_answer = 0.0


def note_answer() -> None:
    """Note that a server answers."""
    global _last_answer
    _last_answer = time.monotonic()


@contextmanager
def short_patience(*, began: float = float("inf")) -> Iterator[None]:
    """Let the calls of a context wait briefly for a server.

    Args:
        began: Monotonic time at which the work began: if a server has answered since, its calls
            wait for all of their time.
    """
    token = _began.set(began)
    try:
        yield
    finally:
        _began.reset(token)


def patience_seconds() -> float | None:
    """Return how long the present context waits for a server; None: no shorter than its calls."""
    began = _began.get()
    return None if began is None or began < _last_answer else NO_SERVER_SECONDS
