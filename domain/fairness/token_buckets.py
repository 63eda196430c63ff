"""Token buckets, and the purses through which several processes share one.

A process does not ask the shared bucket for each token: it draws a few at a time, its *purse*,
and spends them by itself. What is charged after it was counted may leave a purse in debt, and
whoever is in debt is refused until it is paid off.
"""

import math

import msgspec

LEASE_SHARE = 1 / 20
LEASE_SECONDS = 0.1


class RateLimit(msgspec.Struct, frozen=True):
    """A token bucket: what may be had at once, and how fast it fills again.

    Attributes:
        name: What is counted.
        unit: The same, as the RateLimit-Policy header calls it.
        per_second: Tokens that come back a second; more than 0.
        burst: Tokens of a full bucket.
    """

    name: str
    unit: str
    per_second: float
    burst: int

    @property
    def lease(self) -> int:
        """Tokens that a process draws at once: few enough that a small limit stays exact."""
        return max(1, int(min(self.burst * LEASE_SHARE, self.per_second * LEASE_SECONDS)))


class Demand(msgspec.Struct, frozen=True):
    """What a purse asks of its bucket, in tokens.

    Attributes:
        debt: Spent already: is paid whatever the bucket holds.
        wanted: To be spent later: is given as far as the bucket goes.
    """

    debt: int
    wanted: int


class Drawn(msgspec.Struct, frozen=True):
    """What a bucket gave.

    Attributes:
        level: Tokens left in the bucket; negative while it is in debt.
        granted: Tokens for the purse, besides the debt that was paid.
    """

    level: float
    granted: int


def draw(limit: RateLimit, level: float, demand: Demand) -> Drawn:
    """Meet a demand from a bucket that has been filled up to now.

    The script in ``storage/rate_limits.py`` does the same where the bucket is shared.
    """
    left = min(level, limit.burst) - demand.debt
    granted = max(0, min(demand.wanted, math.floor(left)))
    return Drawn(left - granted, granted)


class Purse:
    """The tokens that one process holds of one bucket, and what it last heard of the rest.

    Args:
        limit: The bucket.
        now: The time of a clock that does not jump, in seconds.
    """

    def __init__(self, limit: RateLimit, now: float) -> None:
        self.limit = limit
        self.held = 0
        self._level = float(limit.burst)
        self._heard_at = now

    @property
    def can_pay(self) -> bool:
        """Whether one token is there; what is spent may then be more."""
        return self.held >= 1

    def spend(self, tokens: int) -> None:
        """Take tokens out, into debt where there are too few."""
        self.held -= tokens

    def level(self, now: float) -> float:
        """Reckon the level of the bucket, in tokens: it is this or, if others drew, less."""
        elapsed = max(0.0, now - self._heard_at)
        return min(self.limit.burst, self._level + elapsed * self.limit.per_second)

    def wait_seconds(self, now: float) -> float:
        """Reckon after how long a token can be had; 0.0 if at once."""
        missing = 1 - self.held - self.level(now)
        return max(0.0, missing / self.limit.per_second)

    def ask(self, *, lease: bool) -> Demand:
        """Say what is wanted of the bucket: the debt, and where wished tokens to go on with."""
        wanted = self.limit.lease - max(0, self.held) if lease else 0
        return Demand(debt=max(0, -self.held), wanted=max(0, wanted))

    def take(self, demand: Demand, drawn: Drawn, now: float) -> None:
        """Put in what was drawn. More may have been spent since it was asked for."""
        self.held += demand.debt + drawn.granted
        self._level, self._heard_at = drawn.level, now
