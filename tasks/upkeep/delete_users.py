"""Deletes of users: carried on wherever they were left, until nothing is left of the user."""

import time

import structlog

from storage.stores import Stores

# After this long another delete has its turn.
TURN_SECONDS = 10.0

_log = structlog.get_logger(__name__)


async def delete_users(stores: Stores) -> None:
    """Carry on with the deletes that are due; any number of workers can do so at once.

    Whoever dies with one leaves it where it was: it is due again when its lease has run out.

    Args:
        stores: Where everything is kept.
    """
    while (deletion_id := await stores.user_deletion.claim()) is not None:
        if await _carry_on(stores, deletion_id):
            _log.info("user_deleted", job_id=deletion_id)
        else:
            await stores.user_deletion.give_back(deletion_id)


async def _carry_on(stores: Stores, deletion_id: str) -> bool:
    """Take steps for a while. Returns whether that was the end."""
    until = time.monotonic() + TURN_SECONDS
    while time.monotonic() < until:
        step = await stores.user_deletion.step(deletion_id)
        for job_id in step.interrupted:  # Whoever works on it can stop.
            await stores.job_events.publish_cancel(job_id)
        await stores.job_events.publish_all(step.changes)
        if step.has_ended:
            return True
    return False
