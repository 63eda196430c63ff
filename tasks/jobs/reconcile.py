"""The reconciler: whatever died, nothing that was promised stays undone.

It looks for images that are due and have nobody: queued with their hint lost, or claimed with
the lease run out. It hints them again under a number of their own, so that any count of
reconcilers can run at once. It fails what was begun too often, and settles jobs whose last
worker died between the last image and the job.
"""

from datetime import datetime, timedelta

import structlog

from domain.errors import AttemptsExhausted
from domain.jobs import Status
from domain.records import Cell, ItemError
from storage.connect import Stores
from storage.errors import MONGODB_FAILED, REDIS_FAILED
from storage.hints import HintState
from storage.identifiers import utc_now
from storage.ledger import ClaimedImage, FinishedImage
from storage.recovery import ChunkHint

MAX_IMAGES = 5_000
MAX_JOBS = 200
# Work whose hint is still there is looked at seldom: that all hints were wiped shows at once.
QUEUED_AGAIN_SECONDS = 60.0
JOBS_AGAIN_SECONDS = 10.0

_log = structlog.get_logger(__name__)


async def reconcile(stores: Stores, hint_grace_seconds: float) -> int:
    """Look after due work once.

    Args:
        stores: Where everything is kept.
        hint_grace_seconds: How long a new hint has to be taken up.

    Returns:
        How many chunks were hinted again.
    """
    now = utc_now()
    hinted = 0
    try:
        if await stores.hints.were_wiped():
            await _make_all_due(stores, now)
        if taken := await stores.hints.find_taken(hint_grace_seconds):
            await stores.recovery.make_due(taken, now)
        hinted = await _look_after(stores, hint_grace_seconds)
    except REDIS_FAILED as error:
        _log.warning("reconcile_without_redis", reason=type(error).__name__)
    again = now + timedelta(seconds=JOBS_AGAIN_SECONDS)
    for job_id in await stores.recovery.find_unsettled(now, again, MAX_JOBS):
        await stores.notices.publish(await stores.ledger.settle(job_id))
    return hinted


async def _make_all_due(stores: Stores, now: datetime) -> None:
    try:
        if images := await stores.recovery.make_all_due(now):
            _log.warning("hints_lost", images=images)
    except MONGODB_FAILED:
        await stores.hints.tell_again()
        raise


async def _look_after(stores: Stores, hint_grace_seconds: float) -> int:
    now = utc_now()
    due = await stores.recovery.find_due(now, MAX_IMAGES)
    if not due:
        return 0
    states = await stores.hints.find_states([chunk.hint for chunk in due])
    hinted = 0
    for chunk, state in zip(due, states, strict=True):
        if chunk.exhausted:
            await _fail_exhausted(stores, chunk.hint, now)
        if not chunk.abandoned and (pause := _pause_before(state, hint_grace_seconds)):
            await stores.recovery.postpone(chunk.hint, now + timedelta(seconds=pause))
            continue
        until = now + timedelta(seconds=hint_grace_seconds)
        hinted += await _hint_again(stores, chunk.hint, until)
    return hinted


def _pause_before(state: HintState, hint_grace_seconds: float) -> float:
    """Say for how many seconds the hint of a chunk that nobody has claimed is to be trusted."""
    if not state.is_there:
        return 0
    if state.taken_seconds is None:
        return QUEUED_AGAIN_SECONDS
    # Who takes a hint claims its work at once, unless he was killed in between.
    return hint_grace_seconds if state.taken_seconds < hint_grace_seconds else 0


async def _hint_again(stores: Stores, hint: ChunkHint, until: datetime) -> bool:
    fresh = await stores.recovery.hint_again(hint, until)
    if fresh is None:
        return False
    await stores.hints.forget(hint)
    _log.info("chunk_hinted_again", job_id=hint.job_id, chunk=hint.chunk, hint=fresh.number)
    return await stores.hints.send([fresh])


async def _fail_exhausted(stores: Stores, hint: ChunkHint, now: datetime) -> None:
    images = await stores.recovery.find_exhausted(hint, now)
    if not images:
        return
    await stores.recovery.fail([_give_up(image) for image in images], now)
    _log.error("attempts_exhausted", job_id=hint.job_id, images=[image.id for image in images])
    await stores.notices.publish(await stores.ledger.settle(hint.job_id))


def _give_up(image: ClaimedImage) -> FinishedImage:
    error = ItemError(AttemptsExhausted.code, AttemptsExhausted.title)
    failed = Cell(Status.FAILED, error=error)
    cells = image.cells | dict.fromkeys(image.operations, failed)
    return FinishedImage(image.id, image.fence, cells, error)
