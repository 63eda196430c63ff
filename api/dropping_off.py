"""The upload routes from the first byte to the answer."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import msgspec
from litestar import Response
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED

from api.idempotency import check_same, fingerprint, holding, record_id
from api.preferences import wait_seconds
from api.requests import ApiRequest
from api.schemas.jobs import view_job
from api.tickets import JobState, make_drop_off
from api.uploads import Form, receive_form
from domain.errors import UploadTooSlow
from domain.jobs import TERMINAL
from domain.keys import Scope
from storage.blobs import BlobIntake, HashingIntake
from storage.errors import STORE_FAILED
from storage.idempotency import Answered, Attempt

View = Callable[[ApiRequest, JobState], Awaitable[msgspec.Struct]]


class Wishes(msgspec.Struct, frozen=True):
    """What the headers and the route ask for.

    Attributes:
        prefer: The Prefer header.
        idempotency_key: The Idempotency-Key header.
        operations: What to do, whatever the form says; None: as the form says.
        view_finished: What to answer in place of the job, once it has ended.
    """

    prefer: str | None
    idempotency_key: str | None
    operations: str | None = None
    view_finished: View | None = None


async def answer_drop_off(request: ApiRequest, wishes: Wishes) -> Response[Any]:
    """Take a request's files in, give a ticket, and wait as long as the client prefers."""
    if wishes.idempotency_key is None:
        state = await _take_in(request, wishes, None)
        return await _answer(request, wishes, await _wait(request, wishes, state))
    keys = request.app.state.stores.idempotency
    name = record_id(request.user, request.url.path, wishes.idempotency_key)
    begun = await keys.begin(name)
    if isinstance(begun, Answered):
        return await _answer_again(request, wishes, begun)
    async with holding(keys, begun):
        state = await _take_in(request, wishes, begun)
    answer = await _answer(request, wishes, await _wait(request, wishes, state))
    with suppress(*STORE_FAILED):  # Without it, the job as it stands then is answered.
        await keys.keep_answer(begun, answer.status_code, answer.headers, answer.content)
    return answer


async def _take_in(request: ApiRequest, wishes: Wishes, attempt: Attempt | None) -> JobState:
    state = request.app.state
    intake = BlobIntake(state.stores.database["blobs.chunks"])
    try:
        form = await _receive(request, intake)
        drop_off = make_drop_off(form, intake, request.user, wishes.operations)
    except BaseException:
        await intake.discard()
        raise
    if attempt is not None:
        drop_off = msgspec.structs.replace(drop_off, attempt=attempt, fingerprint=fingerprint(form))
    accepted: JobState = await state.tickets.accept(drop_off)
    return accepted


async def _receive(request: ApiRequest, intake: BlobIntake) -> Form:
    limits = request.app.state.settings.uploads
    try:
        # The sweeper removes bytes without a parent by their age: no upload may take that long.
        async with asyncio.timeout(limits.max_upload_seconds):
            return await receive_form(
                request.stream(),
                request.headers.get("content-type"),
                request.content_length,
                intake,
                limits,
            )
    except TimeoutError as error:
        raise UploadTooSlow(f"The limit is {limits.max_upload_seconds:g} seconds.") from error


async def _wait(request: ApiRequest, wishes: Wishes, accepted: JobState) -> JobState:
    seconds = wait_seconds(wishes.prefer)
    if not seconds or accepted.job.status in TERMINAL:
        return accepted
    tickets = request.app.state.tickets
    state = accepted
    with suppress(*STORE_FAILED):  # A client that has a ticket must get it, come what may.
        job = await tickets.wait(accepted.job.id, Scope(), seconds, known=accepted.job)
        state = await tickets.with_items(job)
    return state


async def _answer(request: ApiRequest, wishes: Wishes, state: JobState) -> Response[bytes]:
    """Answer with a job: 200 if the client waited for its end, else 202 and where to look."""
    estimates = request.app.state.estimates
    queue = (0, 0.0)
    with suppress(*STORE_FAILED):
        queue = await estimates.queue_of(state.job)
    waited = wait_seconds(wishes.prefer)
    done = waited is not None and state.job.status in TERMINAL
    headers = {"Location": f"/v1/jobs/{state.job.id}"}
    if waited is not None:
        headers["Preference-Applied"] = f"wait={waited}"
    if not done:
        headers["Retry-After"] = str(estimates.retry_after(queue[1]))
    view: msgspec.Struct = view_job(state, queue)
    if done and wishes.view_finished is not None:
        view = await wishes.view_finished(request, state)
    status = HTTP_200_OK if done else HTTP_202_ACCEPTED
    return _json(msgspec.json.encode(view), status, headers)


async def _answer_again(request: ApiRequest, wishes: Wishes, answered: Answered) -> Response[bytes]:
    """Give the answer that was given before, if the same is asked."""
    stores = request.app.state.stores
    check_same(answered, await _receive(request, HashingIntake(stores.database["blobs.chunks"])))
    again = {"Idempotent-Replayed": "true"}
    if answered.status is not None:
        return _json(answered.body, answered.status, answered.headers | again)
    job = await stores.jobs.get(answered.job_id, Scope())
    state = await request.app.state.tickets.with_items(job)
    answer = await _answer(request, wishes, state)
    answer.headers.update(again)
    return answer


def _json(body: bytes, status: int, headers: dict[str, str]) -> Response[bytes]:
    return Response(body, status_code=status, headers=headers, media_type="application/json")
