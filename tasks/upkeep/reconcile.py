"""The reconciler: whatever died, nothing that was promised stays undone.

It looks for images that are due and have nobody. Those that a worker had taken and lost are
hinted again at once, under a number of their own, so that any count of reconcilers can run at
once. Those that are queued without a hint, because it was lost or found no room, are sent, or join
the backlog of their user until their turn comes. It fails what was begun too often, and settles
jobs whose last worker died between the last image and the job.
"""

from datetime import datetime, timedelta

import structlog

from domain.errors.files import AttemptsExhausted
from domain.jobs import ChunkHint, Status
from domain.records import Cell, ItemError
from storage.clock import utc_now
from storage.errors import REDIS_FAILED, STORE_FAILED
from storage.ledger.attempts import LEASE_EXPIRED, BadAttempt
from storage.ledger.rows import ClaimedImage, FinishedImage
from storage.queue.fair_queue import HintState
from storage.stores import Stores
from tasks.images.findings import log_dead_letter

MAX_IMAGES = 5_000
MAX_JOBS = 200
# Work that waits for its turn is looked at seldom: that all hints were wiped shows at once.
QUEUED_AGAIN_SECONDS = 60.0
JOBS_AGAIN_SECONDS = 10.0

_log = structlog.get_logger(__name__)


async def reconcile(stores: Stores, hint_grace_seconds: float) -> int:
    """Look after due work once.

    Args:
        stores: Where everything is kept.
        hint_grace_seconds: How long a new hint has to be taken up.

    Returns:
        How many chunks were hinted.
    """
    now = utc_now()
    hinted = 0
    try:
        if await stores.hints.were_wiped():
            await _join_all(stores)
        if taken := await stores.hints.find_taken(hint_grace_seconds):
            await stores.recovery.make_due(taken, now)
            # One that its worker did not hand back before it was killed holds up the turns.
            await stores.hints.forget(await stores.recovery.find_ended(taken))
        hinted = await _look_after(stores, hint_grace_seconds)
    except REDIS_FAILED as error:
        _log.warning("reconcile_without_redis", reason=type(error).__name__)
    again = now + timedelta(seconds=JOBS_AGAIN_SECONDS)
    for job_id in await stores.recovery.find_unsettled(now, again, MAX_JOBS):
        await stores.job_events.publish(await stores.ledger.settle(job_id))
    return hinted


async def _join_all(stores: Stores) -> None:
    """Have all queued work sent again in turns."""
    try:
        if users := await stores.recovery.find_users():
            _log.warning("hints_lost", users=len(users))
            await stores.hints.fair_queue.join(users)
    except STORE_FAILED:
        await stores.hints.tell_again()
        raise


async def _look_after(stores: Stores, hint_grace_seconds: float) -> int:
    now = utc_now()
    due = await stores.recovery.find_due(now, MAX_IMAGES)
    if not due:
        return 0
    states = await stores.hints.find_states([chunk.hint for chunk in due])
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
    """Say whether a worker took a hint and was killed: who takes one claims its work at once."""
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
    for image in images:
        finished = _give_up(image, now)
        if await stores.recovery.fail(finished, now):
            log_dead_letter(image, finished)
    await stores.job_events.publish(await stores.ledger.settle(hint.job_id))


def _give_up(image: ClaimedImage, now: datetime) -> FinishedImage:
    error = ItemError(AttemptsExhausted.code, AttemptsExhausted.title)
    failed = Cell(Status.FAILED, error=error)
    cells = image.cells | dict.fromkeys(image.operations, failed)
    # Its last worker was not heard of again: who comes next would have noted it, and nobody comes.
    vanished = BadAttempt(image.fence, now, image.worker, LEASE_EXPIRED)
    return FinishedImage(
        image.id,
        image.fence,
        cells,
        error,
        bad_attempts=(vanished,) if image.worker else (),
    )
