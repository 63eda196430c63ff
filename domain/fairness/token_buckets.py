"""Token buckets, and the leases through which several processes share one.

A process does not ask the shared bucket for each token: it leases a few at a time and spends them
by itself, which saves a call to Redis for each upload (docs/decisions/0018). What is only known
after the lease was drawn, such as the number of files, may leave it in debt; a tenant in debt is
refused until the debt is paid.
"""

import math

import msgspec

LEASE_SHARE = 1 / 20
LEASE_SECONDS = 0.1


class RateLimit(msgspec.Struct, frozen=True):
    """A token bucket that holds ``burst`` tokens, and fills at a rate of more than 0."""

    name: str
    unit: str
    """The name in the RateLimit-Policy header."""
    per_second: float
    burst: int

    @property
    def lease(self) -> int:
        """Tokens that a process leases at once: few enough that a small limit stays exact."""
        return max(1, int(min(self.burst * LEASE_SHARE, self.per_second * LEASE_SECONDS)))


class Demand(msgspec.Struct, frozen=True):
    """What a lease demands of its bucket, in tokens."""

    debt: int
    """Spent already; paid whatever the bucket holds."""
    wanted: int
    """To spend later; granted as far as the bucket holds them."""


class Drawn(msgspec.Struct, frozen=True):
    """What a bucket granted."""

    level: float
    """Tokens left in the bucket; negative while it is in debt."""
    granted: int
    """Tokens for the lease, besides the debt that was paid."""


def draw(limit: RateLimit, level: float, demand: Demand) -> Drawn:
    """Meet a demand from a bucket of this level.

    The script in ``storage/queue/rate_limits.py`` does the same where the bucket is shared.
    """
    left = min(level, limit.burst) - demand.debt
    granted = max(0, min(demand.wanted, math.floor(left)))
    return Drawn(left - granted, granted)


class TokenLease:
    """The tokens that one process holds of one bucket, and the last known level of the bucket.

    Times are monotonic, in seconds.

    Attributes:
        held: Tokens that are held; negative while more was spent than was held.
    """

    def __init__(self, limit: RateLimit, now: float) -> None:
        self.limit = limit
        self.held = 0
        self._level = float(limit.burst)
        self._drawn_at = now

    @property
    def can_pay(self) -> bool:
        """Whether a token is held; a request that has one may spend more than is held."""
        return self.held >= 1

    def spend(self, tokens: int) -> None:
        """Spend tokens, into debt where there are too few."""
        self.held -= tokens

    def level(self, now: float) -> float:
        """Compute the level of the bucket, in tokens; it is lower if other processes drew."""
        elapsed = max(0.0, now - self._drawn_at)
        return min(self.limit.burst, self._level + elapsed * self.limit.per_second)

    def wait_seconds(self, now: float) -> float:
        """Compute after how many seconds a token can be had; 0.0 if at once."""
        missing = 1 - self.held - self.level(now)
        return max(0.0, missing / self.limit.per_second)

    def demand(self, *, lease: bool) -> Demand:
        """Make the demand for the debt and, with ``lease``, for a new lease."""
        wanted = self.limit.lease - max(0, self.held) if lease else 0
        return Demand(debt=max(0, -self.held), wanted=max(0, wanted))

    def receive(self, demand: Demand, drawn: Drawn, now: float) -> None:
        """Add what the bucket gave. More may have been spent since the demand was made."""
        self.held += demand.debt + drawn.granted
        self._level, self._drawn_at = drawn.level, now
