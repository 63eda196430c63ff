"""Runs an upload: admission, idempotency, body, acceptance, waiting."""

import time
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial

import msgspec

from api.admission.admission import Admission, Admitted
from api.http.idempotency import record_id
from api.jobs.follow import FollowJob
from api.monitoring.api_metrics import ApiMetrics
from api.schemas.jobs import FacesOfFile, FacesView, JobView
from api.settings import Settings
from api.uploads.bodies import BodyKind, IncomingBody
from api.uploads.form import check_length
from api.uploads.keyed_uploads import KeyedUploads
from api.uploads.receiving import Arrival, UploadOptions, UploadReceiver
from domain.errors.capacity import BytesUnavailable, OverLimit
from domain.errors.requests import QuotaExceeded
from domain.jobs import TERMINAL
from domain.keys import Caller, Scope
from domain.quotas import quota_of
from domain.records import Job, JobState
from storage.acceptance.early_images import early_image_of
from storage.acceptance.idempotency import Answered, Attempt, Reply
from storage.acceptance.uploads import Show, Ticket, Upload
from storage.errors import STORE_FAILED, short_patience
from storage.stores import Stores
from storage.upkeep.due_work import Work
from telemetry.spans import Tracing


class Taken(msgspec.Struct, frozen=True):
    """An upload that has a ticket."""

    job: JobView
    """The job, when it ended or the client had waited long enough."""
    attempt: Attempt | None = None
    """The Idempotency-Key whose answer is to be kept."""
    is_replay: bool = False
    """Whether an earlier request with this key made the job."""


class TakeIn:
    """Takes uploads in."""

    def __init__(
        self,
        stores: Stores,
        settings: Settings,
        admission: Admission,
        follow_job: FollowJob,
        metrics: ApiMetrics,
        tracing: Tracing,
    ) -> None:
        self.admission = admission
        self._stores = stores
        self._keys = stores.idempotency
        self._limits = settings.uploads
        self._tenant_max_bytes = settings.admission.tenant_max_stored_bytes
        self._receiver = UploadReceiver(stores, settings, admission.slots)
        self._keyed = KeyedUploads(stores, self._receiver, self._accept)
        self._follow_job = follow_job
        self._metrics = metrics
        self._tracing = tracing

    async def take(
        self, caller: Caller, body: IncomingBody, options: UploadOptions
    ) -> Taken | Reply | Answered:
        """Take an upload in, and wait as long as the client prefers.

        Returns:
            The job, which is durable, or its response; or the answer that the same request got
            before.

        Raises:
            OverLimit: The upload is not admitted now.
            BytesUnavailable: The file is large, and the store of large files is away.
            QuotaExceeded: Its files do not fit into the quota of the caller.
            IdempotencyKeyInUse: The first request with this key is still running.
            IdempotencyKeyMisused: The key was used with other content.
            ServiceError: The body cannot be used, or the link is at its end.
        """
        check_length(body.length, self._limits)
        name = options.idempotency_key
        key = None if name is None else record_id(caller, options.route, name)
        admitted, answered = await self._admit(caller, body, key)
        if not options.wait_seconds:  # At its end, a job has no place in the queue.
            self._follow_job.expect_view()
        with closing(admitted), short_patience(began=time.monotonic()):
            arrival = Arrival(caller, body, options, admitted)
            accepted: Ticket | Answered
            if answered is not None:
                accepted = await self._keyed.repeat(arrival, answered)
            elif key is not None:
                accepted = await self._keyed.take(arrival, key)
            else:
                accepted = await self._accept(arrival, await self._receiver.receive(arrival, None))
        if isinstance(accepted, Answered):
            return await self._replay(accepted, options, caller)
        if accepted.reply is not None:
            return accepted.reply
        state, seconds = JobState(accepted.job, accepted.items), options.wait_seconds or 0
        job = await self._follow_job.accepted(state, seconds, caller)
        return Taken(job, accepted.attempt)

    async def quota_headers(self, caller: Caller) -> dict[str, str]:
        """Say how many bytes count for the caller's quota; empty where there is none."""
        quota = quota_of(caller, self._tenant_max_bytes)
        if quota is None:
            return {}
        with suppress(*STORE_FAILED):
            stored = await self._stores.stored_bytes.read(quota.account)
            return {"Stored-Bytes": f"{stored};limit={quota.max_bytes}"}
        return {}

    async def keep_answer(self, attempt: Attempt, reply: Reply) -> None:
        """Keep the answer of an upload. If that fails, a replay shows the job as it is then."""
        with suppress(*STORE_FAILED):
            await self._keys.keep_answer(attempt, reply)

    async def _admit(
        self, caller: Caller, body: IncomingBody, key: str | None
    ) -> tuple[Admitted, Answered | None]:
        """Admit an upload; or, if it is refused, the replay of one that was answered."""
        length = body.length
        try:
            if body.kind is BodyKind.FILE and length is not None:
                self._stores.blob_stores.check(length)
            if quota := quota_of(caller, self._tenant_max_bytes):
                await self._stores.stored_bytes.check(quota, length)
            return await self.admission.admit(caller, length), None
        except (OverLimit, QuotaExceeded, BytesUnavailable):
            answered = None
            if key is not None:
                with suppress(*STORE_FAILED):
                    answered = await self._keys.find(key)
            if answered is None:
                raise
        return await self.admission.admit_replay(caller, length), answered

    async def _accept(self, arrival: Arrival, upload: Upload) -> Ticket:
        if upload.attempt and arrival.options.show:
            prepare = partial(self._prepare_reply, arrival.options.show)
            upload = msgspec.structs.replace(upload, prepare_reply=prepare)
        self._give_head_start(upload)
        with self._tracing.span("commit", {"minilab.images": len(upload.taken)}):
            ticket = await self._stores.acceptance.accept(upload)
        if ticket.hints:
            self._stores.hints.send_soon(ticket.hints)
        if upload.link_id or ticket.job.status in TERMINAL:
            self._stores.job_events.publish_events_soon()  # It ended at once, or used up its link.
        if upload.fetches:
            self._stores.job_events.publish_work_soon(Work.FETCHES)
        self._metrics.took_in(upload, ticket.job, ticket.items)
        arrival.admitted.count_images(sum(item.error is None for item in ticket.items))
        return ticket

    def _give_head_start(self, upload: Upload) -> None:
        """Have the only image processed while it is accepted, if no other upload runs."""
        if self.admission.slots.used <= 1 and (image := early_image_of(upload)) is not None:
            self._stores.head_starts.send_soon(image)

    async def _prepare_reply(self, show: Callable[[JobView], Reply], job: Job) -> Show:
        view = await self._follow_job.prepare_view(job)
        return lambda ticket: show(view(JobState(ticket.job, ticket.items)))

    async def _replay(
        self, answered: Answered, options: UploadOptions, caller: Caller
    ) -> Taken | Answered:
        """Give the kept answer; if none was kept, the job as it is now."""
        if answered.status is not None:
            return answered
        seconds = options.wait_seconds or 0
        seen = await self._follow_job.wait(answered.job_id, Scope(), seconds, caller)
        return Taken(await self._follow_job.view(*seen), is_replay=True)


class DetectFaces:
    """Detects faces in the files of an upload."""

    def __init__(self, stores: Stores, take_in: TakeIn) -> None:
        self.take_in = take_in
        self._images = stores.images

    async def view(self, job: JobView) -> FacesView:
        """Read the faces of a job that has ended, in upload order."""
        found = await self._images.results_of(job.id, "faces")
        results = []
        for item in job.items:
            error = item.error or item.operations["faces"].error
            boxes = found.get(item.image_id) if item.image_id and error is None else None
            results.append(FacesOfFile(item.filename, boxes, error))
        return FacesView(job.id, results)
