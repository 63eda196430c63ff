"""Limits of concurrent attempts for each target.

A failure halves how many attempts a target may have at a time, and a success adds one: a target
that fails now and then keeps its pace, and one that always fails gets one attempt at a time. All
failing targets together use at most half of the attempts, so receivers that hang leave the other
half to the rest. A target that never answered with 2xx gets one attempt at a time. A target begins
with eight; only while it answers fast do successes add to these.

A target that has not failed lately gets several deliveries of one search. If it also answers fast,
more are claimed than it has attempts, which wait in this process for a moment: a search takes
longer than such attempts.

Owners take turns. An owner may begin an attempt while it runs at most three times as many as are
free. So one with a thousand slow receivers leaves a quarter of the attempts to others.
Source: Choudhury and Hahne, "Dynamic Queue Length Thresholds for Shared-Memory Packet Switches",
IEEE/ACM Transactions on Networking 6, 1998.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

import msgspec
from cachetools import TTLCache

from storage.clock import utc_now
from storage.webhooks.due_deliveries import Due, DueDelivery
from tasks.delivery.places import Places

# A limit is forgotten after this time, or when this many newer ones are known.
REMEMBERED_SECONDS = 3600.0
MAX_REMEMBERED = 100_000
OWNER_FACTOR = 3
# The pause after a failure, so that a target that fails at once does not keep the process busy.
FAILED_PAUSE = timedelta(seconds=0.02)

# Attempts at a time at a target of which nothing is known but that it answers.
FIRST_LIMIT = 8
# Claims of a fast target, for each attempt that it may have.
AHEAD = 4
FAST_SECONDS = 0.1
# Weight of the latest answer in the average.
LATEST = 0.2


class Outcome(msgspec.Struct, frozen=True):
    """The result of an attempt, as it concerns the target."""

    is_delivered: bool
    quiet_until: datetime | None = None
    """Until when the receiver asked for no requests, UTC; None if it did not."""


class _Share:
    """Attempts that owners share."""

    def __init__(self, free: int) -> None:
        self.of_owner: Counter[str] = Counter()
        self._free = free

    def admits(self, owner: str) -> bool:
        """Return whether an owner may have one more."""
        return self._free > 0 and self.of_owner[owner] <= OWNER_FACTOR * self._free

    def take(self, owner: str, count: int = 1) -> None:
        """Take attempts for an owner."""
        self.of_owner[owner] += count
        self._free -= count


class TargetLimits:
    """Chooses targets, and adapts their limits to the outcomes."""

    def __init__(self, max_running: int, max_running_each: int) -> None:
        self._max_running = max_running
        self._max_running_each = max_running_each
        self._first_limit = min(FIRST_LIMIT, max_running_each)
        self._running: Counter[str] = Counter()
        self._owner_of: dict[str, str] = {}
        """Owners of targets with running attempts."""
        self._limits: TTLCache[str, int] = TTLCache(MAX_REMEMBERED, REMEMBERED_SECONDS)
        """Limits of targets that failed lately, or answer fast."""
        self._quiet: TTLCache[str, datetime] = TTLCache(MAX_REMEMBERED, REMEMBERED_SECONDS)
        self._seconds: TTLCache[str, float] = TTLCache(MAX_REMEMBERED, REMEMBERED_SECONDS)
        """The average time of attempts at targets that have not failed since."""
        self._places: dict[str, Places] = {}
        self._is_full = False
        self._crowded: set[str] = set()
        self.more: Mapping[str, int] = {}
        """How many deliveries more than the first each target may have, by the last choice."""

    def choose(self, due: Due, now: datetime) -> tuple[list[str], datetime | None]:
        """Choose deliveries to attempt; owners and targets with the fewest attempts come first.

        Returns:
            IDs of deliveries, and when the next quiet target may be tried, UTC.
        """
        for one in due.firsts:
            if one.is_failing:  # Another process may have found out.
                self._limits.setdefault(one.target, 1)
        every, failing = _Share(self._max_running), _Share((self._max_running + 1) // 2)
        for target, count in self._running.items():
            every.take(self._owner_of[target], count)
            if self._is_failing(target):
                failing.take(self._owner_of[target], count)
        self._is_full, self._crowded = False, set()
        chosen: list[DueDelivery] = []
        quiet: list[datetime] = []
        for one in self._take_turns(due.firsts, every):
            is_failing = self._is_failing(one.target)
            if (quiet_until := self._quiet.get(one.target, now)) > now:
                quiet.append(quiet_until)
            elif self._running[one.target] >= (1 if one.is_new else self._most(one.target)):
                self._crowded.add(one.target)
            elif every.admits(one.owner) and (not is_failing or failing.admits(one.owner)):
                every.take(one.owner)
                if is_failing:
                    failing.take(one.owner)
                chosen.append(one)
            else:
                self._is_full = True
        self.more = self._share_out(chosen, every)
        return [one.id for one in chosen], min(quiet, default=None)

    def is_healthy(self, target: str) -> bool:
        """Return whether a target answered with 2xx and has not failed since."""
        return target in self._seconds

    def places(self, target: str) -> Places:
        """Return the places for attempts at a target with deliveries that have begun."""
        return self._places[target]

    def begin(self, target: str, owner: str) -> None:
        """Count an attempt that begins."""
        self._running[target] += 1
        self._owner_of[target] = owner
        if target not in self._places:
            self._places[target] = Places(partial(self._limit, target))

    def end(self, target: str) -> bool:
        """Count an attempt that ends; return whether another delivery can be attempted now."""
        self._running[target] -= 1
        if not self._running[target]:
            del self._running[target], self._owner_of[target], self._places[target]
        is_low = self._running[target] <= self._most(target) // 2
        return self._is_full or (
            target in self._crowded and (is_low or not self.is_healthy(target))
        )

    def record(self, target: str, outcome: Outcome, seconds: float = FAST_SECONDS) -> None:
        """Adapt the limit of a target to the outcome of an attempt, which took so many seconds."""
        limit = self._limit(target)
        if not outcome.is_delivered:
            self._seconds.pop(target, None)
            self._limits[target] = max(1, limit // 2)
            self._quiet[target] = outcome.quiet_until or utc_now() + FAILED_PAUSE
            return
        average = self._seconds.get(target, seconds)
        self._seconds[target] = average + LATEST * (seconds - average)
        most = self._max_running_each if self._is_fast(target) else self._first_limit
        next_limit = limit + 1 if limit < most else max(limit - 1, most)
        if next_limit == self._first_limit:
            self._limits.pop(target, None)
        elif next_limit != limit:
            self._limits[target] = next_limit

    def _take_turns(self, firsts: Sequence[DueDelivery], every: "_Share") -> list[DueDelivery]:
        """Order deliveries: one of each owner, then the second of each, and so on."""
        turn = Counter(every.of_owner)
        turns: list[tuple[int, DueDelivery]] = []
        for one in sorted(firsts, key=lambda one: (self._running[one.target], one.due_at)):
            turns.append((turn[one.owner], one))
            turn[one.owner] += 1
        return [one for _, one in sorted(turns, key=lambda entry: entry[0])]

    def _share_out(self, chosen: Sequence[DueDelivery], every: "_Share") -> Mapping[str, int]:
        """Say how many more each healthy target may have: one after the other, in turns."""
        more: Counter[str] = Counter()
        left = [one for one in chosen if self.is_healthy(one.target) and not one.is_new]
        while left:
            for one in list(left):
                claimed = self._running[one.target] + 1 + more[one.target]
                if claimed < self._most(one.target) and every.admits(one.owner):
                    every.take(one.owner)
                    more[one.target] += 1
                else:
                    left.remove(one)
        self._crowded |= {target for target, count in more.items() if count}
        return +more

    def _most(self, target: str) -> int:
        """Return how many deliveries to a target this process may claim."""
        return self._limit(target) * (AHEAD if self._is_fast(target) else 1)

    def _is_fast(self, target: str) -> bool:
        return self._seconds.get(target, FAST_SECONDS) < FAST_SECONDS

    def _limit(self, target: str) -> int:
        return self._limits.get(target, self._first_limit)

    def _is_failing(self, target: str) -> bool:
        return self._limits.get(target) == 1
