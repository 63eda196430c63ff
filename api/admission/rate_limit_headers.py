"""The RateLimit headers: the limits of a tenant, and what is left of them.

Source: draft-ietf-httpapi-ratelimit-headers (structured fields, RFC 9651).
"""

import math
from collections.abc import Iterable, Sequence

from domain.fairness.token_buckets import RateLimit, TokenLease


def policy_header(limits: Sequence[RateLimit]) -> str:
    """Write RateLimit-Policy: ``q`` units ``qu`` at once, refilled in ``w`` seconds."""
    return ", ".join(
        f'"{limit.name}";q={limit.burst};qu="{limit.unit}"'
        f";w={math.ceil(limit.burst / limit.per_second)}"
        for limit in limits
    )


def remaining_header(leases: Iterable[TokenLease], now: float) -> str:
    """Write RateLimit: ``r`` units may be sent now.

    ``t`` is the seconds until the bucket is full; for an empty bucket, until it has one token.

    Args:
        leases: The tenant's leases.
        now: The time, monotonic.
    """
    items = []
    for lease in leases:
        limit, total = lease.limit, lease.held + lease.level(now)
        left = max(0, math.floor(total))
        missing = (limit.burst if left else 1) - total
        seconds = max(0, math.ceil(missing / limit.per_second))
        items.append(f'"{limit.name}";r={left};t={seconds}')
    return ", ".join(items)
