"""The upload routes from the first byte to the answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import msgspec
from litestar import Response
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED

from api.admission.admission import Upload
from api.answers.callbacks import with_listeners
from api.answers.follow_job import LINK_ROUTE, _status_route, show_job
from api.answers.idempotency import check_same, fingerprint, holding, record_id
from api.http.errors import answer_service_error
from api.http.request_headers import wait_seconds
from api.state import ApiRequest
from api.uploads.multipart import Form, check_length, receive_form
from api.uploads.tickets import make_drop_off
from domain.errors.capacity import OverLimit
from domain.errors.requests import UploadTooSlow
from domain.fairness.admission import tenant_of
from domain.fairness.estimates import Place, retry_after
from domain.jobs import TERMINAL
from domain.keys import Scope
from domain.links import UploadLink, check_takes_files
from domain.records import JobState
from storage.acceptance.idempotency import Answered, Attempt
from storage.blobs.intake import BlobIntake, HashingIntake
from storage.clock import utc_now
from storage.errors import STORE_FAILED

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
    state, tenant = request.app.state, tenant_of(request.user)
    length = request.content_length
    check_length(length, state.settings.uploads)
    name = _record_id(request, wishes)
    try:
        upload = await state.admission.admit(tenant, length)
    except OverLimit as refusal:
        answer = await _answer_refused(request, wishes, name, refusal)
    else:
        answer = await _answer_admitted(request, wishes, name, upload)
    answer.headers.update(state.admission.headers(tenant))
    return answer


async def _answer_admitted(
    request: ApiRequest, wishes: Wishes, name: str | None, upload: Upload
) -> Response[bytes]:
    keys = request.app.state.stores.idempotency
    with upload:
        if name is None:
            begun, state = None, await _take_in(request, wishes, None, upload)
        else:
            begun = await keys.begin(name)
            if isinstance(begun, Answered):
                return await _answer_again(request, wishes, begun)
            async with holding(keys, begun):
                state = await _take_in(request, wishes, begun, upload)
    answer = await _answer(request, wishes, await _wait(request, wishes, state))
    if begun is not None:
        with suppress(*STORE_FAILED):  # Without it, the job as it stands then is answered.
            await keys.keep_answer(begun, answer.status_code, answer.headers, answer.content)
    return answer


async def _answer_refused(
    request: ApiRequest, wishes: Wishes, name: str | None, refusal: OverLimit
) -> Response[Any]:
    """Say no; but whoever was given an answer before gets it again."""
    if name is not None:
        answered = None
        with suppress(*STORE_FAILED):
            answered = await request.app.state.stores.idempotency.find(name)
        if answered is not None:
            return await _answer_again(request, wishes, answered)
    return answer_service_error(request, refusal)


def _record_id(request: ApiRequest, wishes: Wishes) -> str | None:
    if wishes.idempotency_key is None:
        return None
    # A link's two routes are one: its token may be sent either way.
    route = request.url.path if request.user.link_id is None else LINK_ROUTE
    return record_id(request.user, route, wishes.idempotency_key)


async def _take_in(
    request: ApiRequest, wishes: Wishes, attempt: Attempt | None, upload: Upload
) -> JobState:
    state = request.app.state
    link: UploadLink | None = request.auth
    if link is not None:
        check_takes_files(link, utc_now())
    intake = BlobIntake(state.stores.blob_chunks, lambda: state.admission.places)
    try:
        form = await _receive(request, intake, upload)
        drop_off = make_drop_off(
            form, intake, request.user, wishes.operations, state.settings.api.gps, link
        )
        drop_off = await with_listeners(request, form.fields, drop_off)
    except BaseException:
        await intake.discard()
        raise
    if attempt is not None:
        drop_off = msgspec.structs.replace(drop_off, attempt=attempt, fingerprint=fingerprint(form))
    with state.tracing.span("commit", {"minilab.images": len(form.taken)}):
        accepted: JobState = await state.tickets.accept(drop_off)
    state.metrics.took_in(drop_off, accepted.job, accepted.items)
    upload.count_images(sum(item.image_id is not None for item in accepted.items))
    return accepted


async def _receive(request: ApiRequest, intake: BlobIntake, upload: Upload | None = None) -> Form:
    limits = request.app.state.settings.uploads
    try:
        # The sweeper removes bytes without a parent by their age: no upload may take that long.
        async with asyncio.timeout(limits.max_upload_seconds):
            form = await receive_form(
                request.stream() if upload is None else _charged(request, upload),
                request.headers.get("content-type"),
                request.content_length,
                intake,
                limits,
            )
    except TimeoutError as error:
        raise UploadTooSlow(f"The limit is {limits.max_upload_seconds:g} seconds.") from error
    if upload is not None:
        upload.count_files(form.files)
    return form


def _charged(request: ApiRequest, upload: Upload) -> AsyncIterator[bytes]:
    """Give the body; bytes that no header announced are charged as they arrive."""
    if request.content_length is not None:
        return request.stream()

    async def charge() -> AsyncIterator[bytes]:
        async for chunk in request.stream():
            upload.count_arrived(len(chunk))
            yield chunk

    return charge()


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
    place = Place(0, None)
    with suppress(*STORE_FAILED):
        place = await estimates.place_of(state.job)
    waited = wait_seconds(wishes.prefer)
    done = waited is not None and state.job.status in TERMINAL
    headers = {"Location": _status_route(request, state.job.id)}
    if waited is not None:
        headers["Preference-Applied"] = f"wait={waited}"
    if not done:
        headers["Retry-After"] = str(retry_after(place.eta_seconds))
    view: msgspec.Struct = show_job(request, state, place)
    if done and wishes.view_finished is not None:
        view = await wishes.view_finished(request, state)
    status = HTTP_200_OK if done else HTTP_202_ACCEPTED
    return _json(msgspec.json.encode(view), status, headers)


async def _answer_again(request: ApiRequest, wishes: Wishes, answered: Answered) -> Response[bytes]:
    """Give the answer that was given before, if the same is asked."""
    stores = request.app.state.stores
    check_same(answered, await _receive(request, HashingIntake(stores.blob_chunks)))
    again = {"Idempotent-Replayed": "true"}
    if answered.status is not None:
        return _json(answered.body, answered.status, answered.headers | again)
    job = await stores.jobs.get(answered.job_id, Scope())
    state = await request.app.state.tickets.with_items(job)
    answer = await _answer(request, wishes, await _wait(request, wishes, state))
    answer.headers.update(again)
    return answer


def _json(body: bytes, status: int, headers: dict[str, str]) -> Response[bytes]:
    return Response(body, status_code=status, headers=headers, media_type="application/json")
