"""The RateLimit headers: what a tenant may send, and what is left of it.

Source: draft-ietf-httpapi-ratelimit-headers (structured fields, RFC 9651).
"""

import math
from collections.abc import Iterable, Sequence

from domain.fairness.token_buckets import Purse, RateLimit


def policy_header(limits: Sequence[RateLimit]) -> str:
    """Write RateLimit-Policy: ``q`` at once, of the unit ``qu``, again in ``w`` seconds."""
    return ", ".join(
        f'"{limit.name}";q={limit.burst};qu="{limit.unit}"'
        f";w={math.ceil(limit.burst / limit.per_second)}"
        for limit in limits
    )


def remaining_header(purses: Iterable[Purse], now: float) -> str:
    """Write RateLimit: ``r`` may be sent now.

    ``t`` is the seconds until the bucket is full again; of one that is empty, until it is not.

    Args:
        purses: The tenant's.
        now: The time, monotonic.
    """
    items = []
    for purse in purses:
        limit, total = purse.limit, purse.held + purse.level(now)
        left = max(0, math.floor(total))
        missing = (limit.burst if left else 1) - total
        seconds = max(0, math.ceil(missing / limit.per_second))
        items.append(f'"{limit.name}";r={left};t={seconds}')
    return ", ".join(items)
