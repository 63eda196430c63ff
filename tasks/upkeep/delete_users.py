"""Deletion of users, in steps that any worker continues."""

import time

import structlog

from storage.stores import Stores

# After this time another deletion has its turn.
TURN_SECONDS = 10.0

_log = structlog.get_logger(__name__)


async def delete_users(stores: Stores) -> None:
    """Continue the deletions that are due; any number of workers can do so at once.

    The deletion of a worker that dies is due again when its lease expires.

    Raises:
        PyMongoError: MongoDB cannot be reached.
    """
    while (deletion_id := await stores.user_deletion.claim()) is not None:
        if await _continue(stores, deletion_id):
            _log.info("user_deleted", job_id=deletion_id)
        else:
            await stores.user_deletion.release(deletion_id)


async def _continue(stores: Stores, deletion_id: str) -> bool:
    """Take steps for :data:`TURN_SECONDS`. Returns whether the deletion is complete."""
    until = time.monotonic() + TURN_SECONDS
    while time.monotonic() < until:
        step = await stores.user_deletion.step(deletion_id)
        for job_id in step.interrupted:  # Its worker can stop.
            await stores.job_events.publish_cancel(job_id)
        await stores.job_events.publish_all(step.changes)
        if step.has_ended:
            return True
    return False
