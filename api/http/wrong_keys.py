"""Wrong keys: counted by address, logged, and slowed where they are many."""

import time
from collections.abc import Callable

import structlog
from cachetools import TTLCache
from prometheus_client import CollectorRegistry, Counter

from domain.networks import client_network

WINDOW_SECONDS = 60.0
MAX_ADDRESSES = 10_000
LOG_SECONDS = 1.0

_log = structlog.get_logger(__name__)


class _Failures:
    """The wrong keys of one address in a window."""

    def __init__(self, ends_at: float) -> None:
        self.count = 0
        self.ends_at = ends_at


class WrongKeys:
    """Counts wrong keys for each address, in windows of :data:`WINDOW_SECONDS`.

    From an address with too many, wrong keys are answered with 429 until its window ends, and
    look-ups share their reads. Valid keys are accepted from every address at every time.

    Args:
        most: Wrong keys of one address in a window; 0: any number.
    """

    def __init__(
        self,
        most: int,
        registry: CollectorRegistry,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._clock = clock
        self._failures: TTLCache[str, _Failures] = TTLCache(
            MAX_ADDRESSES, WINDOW_SECONDS, timer=clock
        )
        self._counter = Counter(
            "minilab_wrong_keys",
            "Requests with an unknown, expired or revoked key or link token, by the answer: "
            "refused (401, 404) or slowed (429).",
            ["answer"],
            registry=registry,
        )
        for answer in ("refused", "slowed"):
            self._counter.labels(answer)
        self._unlogged = 0
        self._log_at = 0.0

    def is_slowed(self, address: str) -> bool:
        """Return whether an address has sent too many wrong keys."""
        failures = self._failures.get(client_network(address))
        return failures is not None and 0 < self._most <= failures.count

    def note(self, address: str) -> float | None:
        """Count a wrong key.

        Returns the seconds until the window of the address ends, if it had too many before.
        """
        was_slowed = self.is_slowed(address)
        client, now = client_network(address), self._clock()
        failures = self._failures.get(client)
        if failures is None:
            failures = self._failures[client] = _Failures(now + WINDOW_SECONDS)
        failures.count += 1
        self._counter.labels("slowed" if was_slowed else "refused").inc()
        self._log(address, now, is_slowed=was_slowed)
        return max(0.0, failures.ends_at - now) if was_slowed else None

    def _log(self, address: str, now: float, *, is_slowed: bool) -> None:
        """Write at most one line a second; it never contains a key."""
        self._unlogged += 1
        if now >= self._log_at:
            _log.warning("wrong_keys", count=self._unlogged, address=address, slowed=is_slowed)
            self._unlogged, self._log_at = 0, now + LOG_SECONDS
