"""Running dead letters again."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress

from domain.dead_letters import DeadLetter
from domain.errors.access import Expired, NotFound
from domain.jobs import JobChange
from domain.keys import Scope
from storage.stores import Stores


async def retry_letters(stores: Stores, letters: Sequence[DeadLetter]) -> int:
    """Queue the failed operations of dead letters again, and let equal bytes be tried.

    Args:
        stores: Where everything is kept.
        letters: Of any jobs.

    Returns:
        How many were dead letters still.
    """
    # First: what is queued again must find nothing that ends it at once.
    await stores.poisons.forget([letter.sha256 for letter in letters])
    ids_of_job: dict[str, list[str]] = defaultdict(list)
    for letter in letters:
        ids_of_job[letter.job_id].append(letter.image_id)
    retried = 0
    for job_id, ids in ids_of_job.items():
        hints = await stores.retry.reopen_images(ids)
        if not hints:
            continue
        retried += len(ids)
        stores.hints.send_soon(hints)
        with suppress(NotFound, Expired):  # An image can outlive its job.
            job = await stores.jobs.get(job_id, Scope())
            await stores.job_events.publish(JobChange(job.id, job.version, job.status))
    return retried
