"""The reconciler: finds open work that no worker holds, and gets it done.

It searches for images that are due. Work that a worker took and lost gets a new hint under a new
number; of several reconcilers one sends it. Queued work whose hint was lost, or found no room, is
sent or joins the backlog of its user. Images that have had all their attempts fail. Jobs whose
last worker died between its last image and the job are settled.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

import structlog

from domain.claims import LEASE_EXPIRED, BadAttempt
from domain.errors.files import AttemptsExhausted
from domain.jobs import ChunkHint
from domain.records import ItemError
from storage.clock import utc_now
from storage.errors import REDIS_FAILED, STORE_FAILED
from storage.queue.fair_queue import HintState
from storage.stores import Stores
from storage.upkeep.due_work import ALL_WORK, Work
from tasks.images.findings import log_dead_letter

MAX_IMAGES = 5_000
MAX_JOBS = 200
# Work that waits for its turn is rarely checked: a wiped Redis is noticed at once.
QUEUED_AGAIN_SECONDS = 60.0
JOBS_AGAIN_SECONDS = 10.0

_log = structlog.get_logger(__name__)


async def reconcile(
    stores: Stores, hint_grace_seconds: float, due: Collection[Work] = ALL_WORK
) -> int:
    """Handle all due work once, and count the chunks that were sent to the queue.

    A new hint has `hint_grace_seconds` until a worker takes it. Kinds of work that are not in
    `due` are not looked for.

    Raises:
        PyMongoError: MongoDB cannot be reached.
    """
    now = utc_now()
    hinted, are_images_due = 0, Work.IMAGES in due
    try:
        if await stores.hints.were_wiped():
            await _send_all_again(stores)
        if taken := await stores.hints.fair_queue.find_taken(hint_grace_seconds):
            await stores.recovery.make_due(taken, now)
            are_images_due = True
            # A killed worker leaves its hint in the queue, where it holds up the turns of others.
            await stores.hints.forget(await stores.recovery.find_ended(taken))
        if are_images_due:
            hinted = await _handle_due(stores, hint_grace_seconds)
    except REDIS_FAILED as error:
        _log.warning("reconcile_without_redis", reason=type(error).__name__)
    if Work.JOBS in due:
        await _settle_due(stores, now)
    return hinted


async def _settle_due(stores: Stores, now: datetime) -> None:
    again = now + timedelta(seconds=JOBS_AGAIN_SECONDS)
    for job_id in await stores.recovery.find_unsettled(now, again, MAX_JOBS):
        await stores.job_events.publish(await stores.ledger.settle(job_id))


async def _send_all_again(stores: Stores) -> None:
    """Put every user with open work into the backlog, from their first chunk on."""
    try:
        if users := await stores.queued_chunks.find_users():
            _log.warning("hints_lost", users=len(users))
            await stores.hints.fair_queue.join(users)
    except STORE_FAILED:
        await stores.hints.report_loss_again()
        raise


async def _handle_due(stores: Stores, hint_grace_seconds: float) -> int:
    now = utc_now()
    due = await stores.recovery.find_due(now, MAX_IMAGES)
    if not due:
        return 0
    states = await stores.hints.fair_queue.find_states([chunk.hint for chunk in due])
    soon = now + timedelta(seconds=hint_grace_seconds)
    hinted = 0
    lost: list[ChunkHint] = []
    for chunk, state in zip(due, states, strict=True):
        if chunk.exhausted:
            await _fail_exhausted(stores, chunk.hint, now)
        if chunk.abandoned or _was_dropped(state, hint_grace_seconds):
            hinted += await _hint_again(stores, chunk.hint, soon)
        elif state.taken_seconds is not None:
            await stores.recovery.postpone(chunk.hint, soon)
        elif not state.is_there:
            lost.append(chunk.hint)
    lost.sort(key=lambda hint: hint.position)
    hinted += await stores.hints.fair_queue.send(lost)
    jobs = list({chunk.hint.job_id for chunk in due})
    later = now + timedelta(seconds=QUEUED_AGAIN_SECONDS)
    await stores.recovery.postpone_jobs(jobs, now, later)
    return hinted


def _was_dropped(state: HintState, hint_grace_seconds: float) -> bool:
    """Say whether a worker took a hint and was killed before its claim, which follows at once."""
    if state.taken_seconds is None:
        return False
    return not state.is_there or state.taken_seconds >= hint_grace_seconds


async def _hint_again(stores: Stores, hint: ChunkHint, until: datetime) -> bool:
    fresh = await stores.recovery.hint_again(hint, until)
    if fresh is None:
        return False
    await stores.hints.forget([hint])
    _log.info("chunk_hinted_again", job_id=hint.job_id, chunk=hint.chunk, hint=fresh.number)
    return await stores.hints.fair_queue.send_again(fresh)


async def _fail_exhausted(stores: Stores, hint: ChunkHint, now: datetime) -> None:
    images = await stores.recovery.find_exhausted(hint, now)
    if not images:
        return
    error = ItemError(AttemptsExhausted.code, AttemptsExhausted.title)
    for image in images:
        # The next claim would record the expired lease of the last worker, but no claim follows.
        vanished = BadAttempt(image.fence, now, image.worker, LEASE_EXPIRED)
        finished = image.failed(error, *([vanished] if image.worker else []))
        if await stores.recovery.fail(finished, now):
            log_dead_letter(image, finished)
    await stores.job_events.publish(await stores.ledger.settle(hint.job_id))
