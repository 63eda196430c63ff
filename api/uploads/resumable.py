"""Resumable uploads: they are created, receive their bytes request by request, and are deleted."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from datetime import datetime, timedelta

import msgspec

from api.admission.admission import Admission, Admitted
from api.http.idempotency import record_id
from api.http.tus_headers import TUS_ROUTE, Checksum
from api.monitoring.api_metrics import ApiMetrics
from api.settings import Settings
from api.uploads.part_names import decode_text
from api.uploads.running import RunningRequest, RunningRequests
from api.uploads.upload_time import within_upload_time
from domain.errors.base import ServiceError
from domain.errors.requests import IdempotencyKeyMisused, RequestTooLarge
from domain.filenames import clean_filename
from domain.keys import Caller
from domain.quotas import check_fits, quota_of
from domain.resumable import (
    ResumableUpload,
    UploadPlan,
    name_of_file,
    parse_metadata,
    upload_owner,
)
from storage.clock import utc_now
from storage.errors import MONGODB_FAILED, short_patience
from storage.resumable.intake import ResumableIntake
from storage.stores import Stores

NO_LIMITS = {"tenant_max_resumable_uploads": 0, "tenant_max_resumable_bytes": 0}


class IncomingBytes(msgspec.Struct, frozen=True):
    """The bytes that a request adds to an upload.

    Attributes:
        offset: Where in the upload they begin.
        length: Their number; None if it is unknown.
        checksum: What they must have, all together; None: nothing.
    """

    offset: int
    length: int | None
    chunks: AsyncIterator[bytes]
    checksum: Checksum | None = None


class Announced(msgspec.Struct, frozen=True):
    """What the client says of a new upload.

    Attributes:
        length: Its size, in bytes.
        metadata: ``Upload-Metadata``.
        key: The Idempotency-Key of the creation.
    """

    length: int
    metadata: str
    key: str | None = None


class ResumeUploads:
    """Creates, continues and deletes resumable uploads."""

    def __init__(
        self, stores: Stores, settings: Settings, admission: Admission, metrics: ApiMetrics
    ) -> None:
        self._stores = stores
        self._uploads = stores.resumable
        self._limits = settings.resumable
        self._of_files = settings.uploads
        self._tenant_max_bytes = settings.admission.tenant_max_stored_bytes
        self._admission = admission
        self._metrics = metrics
        self._running = RunningRequests()

    async def create(
        self, caller: Caller, announced: Announced, body: IncomingBytes | None
    ) -> ResumableUpload:
        """Create an upload, with the first bytes of it if there is a body.

        If these cannot be kept, there is no upload: the client does not know its URL yet. With the
        key of an earlier creation it gets that upload as it is, without these bytes: the answer
        may have been lost.

        Raises:
            MalformedRequest: The metadata are not well formed.
            RequestTooLarge: The upload is larger than a file may be, or the body than the upload.
            QuotaExceeded: It does not fit into the quota of the caller.
            OverLimit: The caller has too many uploads, or the request is not admitted now.
            LinkUsedUp: It does not fit into what the link has left.
            IdempotencyKeyMisused: The key was used for an upload of another length.
            ServiceError: The body cannot be used.
        """
        plan = self._plan(caller, announced)
        length = None if body is None else body.length
        if body is not None and (length or 0) > announced.length:
            raise RequestTooLarge("The body has more bytes than Upload-Length says.")
        if quota := quota_of(caller, self._tenant_max_bytes):
            stored = await self._stores.stored_bytes.read(quota.account)
            check_fits(quota, stored, announced.length)
        admitted = await self._admission.admit(caller, 0 if body is None else length)
        with closing(admitted), short_patience(began=time.monotonic()):
            limits = self._limits
            if caller.is_admin:
                limits = msgspec.structs.replace(limits, **NO_LIMITS)
            upload = await self._uploads.create(plan, limits)
            if upload.fence:
                if upload.length != plan.length:
                    raise IdempotencyKeyMisused("The upload of this key has another length.")
                return upload
            self._metrics.resumable("created")
            if body is None:
                if upload.is_finished:
                    self._metrics.resumable("finished")
                return upload
            try:
                return await self._receive(upload, body, admitted)
            except BaseException:
                with suppress(ServiceError, MONGODB_FAILED):
                    await asyncio.shield(self._uploads.take_back(upload))
                raise

    async def read(self, caller: Caller, upload_id: str) -> ResumableUpload:
        """Read an upload. A request that sends bytes to it is ended: the offset is final.

        Raises:
            NotFound: The caller has no such upload.
            ResumableExpired: It has expired.
        """
        owner = upload_owner(caller)
        await self._running.end(owner, upload_id)
        return await self._uploads.find(owner, upload_id)

    async def append(self, caller: Caller, upload_id: str, body: IncomingBytes) -> ResumableUpload:
        """Add bytes to an upload: when this returns, they are durable.

        If the request breaks off, the bytes that arrived are kept, unless they have a checksum.

        Raises:
            NotFound: The caller has no such upload.
            ResumableExpired: It has expired.
            UploadUsed: A job has used it.
            UploadOffsetConflict: It is at another offset.
            UploadInterrupted: A later request has gone on with it.
            ChecksumMismatch: The bytes have another checksum; none are kept.
            RequestTooLarge: There are more bytes than the upload lacks.
            OverLimit: The request is not admitted now.
            UploadTooSlow: The bytes took too long.
        """
        admitted = await self._admission.admit(caller, body.length)
        with closing(admitted), short_patience(began=time.monotonic()):
            owner, expires_at = upload_owner(caller), self._expires_at()
            taken = await self._uploads.take(owner, upload_id, body.offset, expires_at)
            return await self._receive(taken, body, admitted)

    async def delete(self, caller: Caller, upload_id: str) -> None:
        """Delete an upload that no job has used, and give its place back.

        Raises:
            NotFound: The caller has no such upload.
            UploadUsed: A job has used it.
        """
        await self._uploads.delete(upload_owner(caller), upload_id)
        self._metrics.resumable("deleted")

    async def _receive(
        self, taken: ResumableUpload, body: IncomingBytes, admitted: Admitted
    ) -> ResumableUpload:
        intake = await self._uploads.open_intake(
            taken, lambda: self._admission.slots.used, is_kept_early=body.checksum is None
        )
        with self._running.one(taken.owner, taken.id) as request:
            try:
                if body.length is not None:
                    _check_fits(intake, body.length)
                async with request.interruptible(intake.save):
                    await self._write(intake, body, admitted, request)
                ended = await intake.end(self._expires_at())
            except BaseException:
                with suppress(ServiceError, MONGODB_FAILED):
                    await asyncio.shield(intake.keep(self._expires_at()))
                raise
        self._metrics.resumable_bytes(ended.offset - taken.offset)
        if ended.is_finished:
            self._metrics.resumable("finished")
        return ended

    async def _write(
        self,
        intake: ResumableIntake,
        body: IncomingBytes,
        admitted: Admitted,
        request: RunningRequest,
    ) -> None:
        checksum = body.checksum
        digest = None if checksum is None else checksum.begin()
        async with within_upload_time(self._of_files.max_upload_seconds):
            async for data in admitted.charged(body.chunks):
                request.heard()
                _check_fits(intake, len(data))
                if digest is not None:
                    digest.update(data)
                await intake.add(data)
        if checksum is not None and digest is not None:
            checksum.check(digest)

    def _plan(self, caller: Caller, announced: Announced) -> UploadPlan:
        most = self._of_files.max_file_bytes
        if announced.length > most:
            raise RequestTooLarge(f"The limit of a file is {most} bytes.")
        most_bytes, most_chars = (
            self._limits.max_upload_metadata_bytes,
            self._of_files.max_filename_chars,
        )
        metadata = parse_metadata(announced.metadata, most_bytes)
        return UploadPlan(
            owner=upload_owner(caller),
            key_id=caller.key_id,
            link_id=caller.link_id,
            user_id=caller.user_id,
            length=announced.length,
            filename=clean_filename(decode_text(name_of_file(metadata)), most_chars),
            metadata=announced.metadata,
            expires_at=self._expires_at(),
            creation_key=announced.key and record_id(caller, TUS_ROUTE, announced.key),
        )

    def _expires_at(self) -> datetime:
        return utc_now() + timedelta(seconds=self._limits.resumable_seconds)


def _check_fits(intake: ResumableIntake, more: int) -> None:
    if more > intake.left_bytes:
        raise RequestTooLarge(f"The upload lacks {intake.left_bytes} bytes, not {more}.")
