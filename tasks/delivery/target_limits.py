"""Limits of concurrent attempts for each target.

A failure halves how many attempts a target may have at a time, and a success adds one: a target
that fails now and then keeps its pace, and one that always fails gets one attempt at a time. All
failing targets together use at most half of the attempts, so receivers that hang leave the other
half to the rest.
"""

from collections import Counter
from datetime import datetime, timedelta

import msgspec
from cachetools import TTLCache

from storage.clock import utc_now
from storage.webhooks.due_deliveries import Due

# A limit is forgotten after this time, or when this many newer ones are known.
REMEMBERED_SECONDS = 3600.0
MAX_REMEMBERED = 100_000
# The pause after a failure, so that a target that fails at once does not keep the process busy.
FAILED_PAUSE = timedelta(seconds=0.02)


class Outcome(msgspec.Struct, frozen=True):
    """The result of an attempt, as it concerns the target."""

    is_delivered: bool
    quiet_until: datetime | None = None
    """Until when the receiver asked for no requests, UTC; None if it did not."""


class TargetLimits:
    """Chooses targets, and adapts their limits to the outcomes."""

    def __init__(self, max_running: int, max_running_each: int) -> None:
        self._max_running = max_running
        self._max_running_each = max_running_each
        self._running: Counter[str] = Counter()
        self._reduced: TTLCache[str, int] = TTLCache(MAX_REMEMBERED, REMEMBERED_SECONDS)
        """Limits of targets that failed lately."""
        self._quiet: TTLCache[str, datetime] = TTLCache(MAX_REMEMBERED, REMEMBERED_SECONDS)
        self._is_full = False
        self._crowded: set[str] = set()

    def choose(self, due: Due, now: datetime) -> tuple[list[str], datetime | None]:
        """Choose deliveries to attempt; targets with the fewest running attempts come first.

        Returns:
            IDs of deliveries, and when the next quiet target may be tried, UTC.
        """
        free = self._max_running - self._running.total()
        of_failing = sum(count for one, count in self._running.items() if self._is_failing(one))
        free_of_failing = (self._max_running + 1) // 2 - of_failing
        self._is_full, self._crowded = False, set()
        chosen: list[str] = []
        quiet: list[datetime] = []
        for one in sorted(due.firsts, key=lambda one: (self._running[one.target], one.due_at)):
            if one.is_failing:  # Another process may have found out.
                self._reduced.setdefault(one.target, 1)
            is_failing = self._is_failing(one.target)
            if (quiet_until := self._quiet.get(one.target, now)) > now:
                quiet.append(quiet_until)
            elif self._running[one.target] >= self._limit(one.target):
                self._crowded.add(one.target)
            elif len(chosen) >= free or (is_failing and free_of_failing <= 0):
                self._is_full = True
            else:
                free_of_failing -= is_failing
                chosen.append(one.id)
        return chosen, min(quiet, default=None)

    def begin(self, target: str) -> None:
        """Count an attempt that begins."""
        self._running[target] += 1

    def end(self, target: str) -> bool:
        """Count an attempt that ends; return whether another delivery can be attempted now."""
        self._running[target] -= 1
        if not self._running[target]:
            del self._running[target]
        return self._is_full or target in self._crowded

    def record(self, target: str, outcome: Outcome) -> None:
        """Adapt the limit of a target to the outcome of an attempt."""
        limit = self._limit(target)
        if not outcome.is_delivered:
            self._reduced[target] = max(1, limit // 2)
            self._quiet[target] = outcome.quiet_until or utc_now() + FAILED_PAUSE
        elif limit + 1 < self._max_running_each:
            self._reduced[target] = limit + 1
        else:
            self._reduced.pop(target, None)

    def _limit(self, target: str) -> int:
        return self._reduced.get(target, self._max_running_each)

    def _is_failing(self, target: str) -> bool:
        return self._reduced.get(target) == 1
