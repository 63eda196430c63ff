"""Downloads: the number of large pictures that are sent at the same time."""

from domain.limits import ReadLimits
from storage.queue.fair_turns import FairTurns


def open_downloads(limits: ReadLimits) -> FairTurns:
    """Make the turns of downloads; a tenant whose clients read slowly leaves room for others."""
    return FairTurns(
        limits.max_downloads,
        limits.max_waiting_downloads,
        tenant_places=max(1, limits.max_downloads // 2),
    )
