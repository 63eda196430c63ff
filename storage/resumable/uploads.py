"""Resumable uploads: created, gone on with, found for a job, and deleted."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from weakref import WeakValueDictionary

import msgspec
from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.client_session import ClientSession

from domain.errors.access import (
    NotFound,
    ResumableExpired,
    UploadOffsetConflict,
    UploadUnfinished,
    UploadUsed,
)
from domain.errors.base import ServiceError
from domain.errors.capacity import Unavailable
from domain.limits import ResumableLimits
from domain.resumable import ResumableUpload, UploadPlan
from storage.blobs.objects import RESUMABLE
from storage.blobs.stores.blob_stores import BlobStores
from storage.blobs.stores.chunks import CHUNK_BYTES
from storage.clock import new_id, utc_now
from storage.mongo.client import DURABLE, Client, Database, Document
from storage.mongo.threads import plain_database
from storage.mongo.transactions import run_transaction_in_thread
from storage.queue.batching import Batcher
from storage.resumable.completion import Completion
from storage.resumable.creation import Created, create_uploads
from storage.resumable.documents import UNUSED, upload_of
from storage.resumable.intake import BegunFile, ResumableIntake
from storage.resumable.removal import delete_uploads
from storage.resumable.reservations import Creation

CREATED_TOGETHER = 500
Creating = Batcher[Creation, Created]


class ResumableUploads:
    """The resumable uploads, as one process works on them."""

    def __init__(self, client: Client, database: Database, stores: BlobStores) -> None:
        self._client = client
        self._plain = plain_database(database)
        self._uploads = database[RESUMABLE]
        self._durable = self._uploads.with_options(write_concern=DURABLE)
        self._chunks = database["blobs.chunks"]
        self._completion = Completion(self._uploads, stores)
        # By link, since one that is locked delays no other upload; gone when nobody waits.
        self._creating: WeakValueDictionary[str | None, Creating] = WeakValueDictionary()

    async def create(self, plan: UploadPlan, limits: ResumableLimits) -> ResumableUpload:
        """Create an upload with a place of its own, durable. Many at a time share a transaction.

        If an earlier creation with the same key has made one that is still there, it is returned,
        and a request that sends bytes to it is ended.

        Raises:
            TooManyResumable: The owner has too many.
            LinkUsedUp: The link has no room for it.
            LinkRevoked: The link was revoked.
            LinkExpired: The time of the link is over.
        """
        creating = self._creating.get(plan.link_id)
        if creating is None:
            creating = Batcher(self._create_all, CREATED_TOGETHER)
            self._creating[plan.link_id] = creating
        upload = ResumableUpload(
            **msgspec.structs.asdict(plan), id=new_id(), file_id=ObjectId(), created_at=utc_now()
        )
        created = await creating.submit(Creation(upload, limits))
        if isinstance(created, ServiceError):
            raise created
        return created

    async def find(self, owner: str, upload_id: str) -> ResumableUpload:
        """Find an upload, and end the request that sends bytes to it: its offset is final.

        Raises:
            NotFound: The owner has no such upload.
            ResumableExpired: It has expired.
        """
        return _check_there(await self._go_on({"_id": upload_id, "owner": owner}))

    async def take(
        self, owner: str, upload_id: str, offset: int, expires_at: datetime
    ) -> ResumableUpload:
        """Take an upload over, to send bytes from its offset on.

        Raises:
            NotFound: The owner has no such upload.
            ResumableExpired: It has expired.
            UploadUsed: A job has used it.
            UploadOffsetConflict: It is at another offset.
        """
        which = {"_id": upload_id, "owner": owner}
        free = {"offset": offset, "expires_at": {"$gt": utc_now()}} | UNUSED
        taken = await self._go_on(which | free, {"$set": {"expires_at": expires_at}})
        if taken is not None:
            return upload_of(taken)
        there = _check_there(await self._uploads.find_one(which))
        if there.job_id is not None:
            raise UploadUsed
        raise UploadOffsetConflict(f"The upload is at offset {there.offset}.")

    async def open_intake(
        self, taken: ResumableUpload, count_uploads: Callable[[], float], *, is_kept_early: bool
    ) -> ResumableIntake:
        """Open an intake for the bytes that one request adds to an upload that it has taken.

        Raises:
            Unavailable: Bytes are missing.
        """
        chunks, rest = divmod(taken.offset, CHUNK_BYTES)
        tail = b""
        if rest:
            found = await self._chunks.find_one({"files_id": taken.file_id, "n": chunks})
            tail = found["data"][:rest] if found else b""
            if len(tail) != rest:
                raise Unavailable("Bytes of the upload are missing. Begin it again.")
        digest = self._completion.digests.find(taken)
        return ResumableIntake(
            self._chunks,
            self._uploads,
            self._completion,
            taken,
            BegunFile(taken.file_id, chunks, tail, digest or hashlib.sha256()),
            count_uploads,
            knows_hash=digest is not None,
            is_kept_early=is_kept_early,
        )

    async def find_finished(self, owner: str, ids: Sequence[str]) -> list[ResumableUpload]:
        """Find finished uploads that no job has used, in the order of their IDs.

        Raises:
            NotFound: The owner has no such upload.
            ResumableExpired: One has expired.
            UploadUnfinished: One has not all of its bytes.
            UploadUsed: A job has used one.
            BytesUnavailable: One is large, and the bucket is away.
        """
        found = self._uploads.find({"_id": {"$in": list(ids)}, "owner": owner})
        by_id = {document["_id"]: document async for document in found}
        uploads = []
        for place, upload_id in enumerate(ids):
            try:
                upload = _check_finished(_check_there(by_id.get(upload_id)))
            except ServiceError as refusal:
                raise type(refusal)(f"uploads/{place}: {refusal.detail}") from refusal
            uploads.append(await self._completion.complete(upload))
        return uploads

    async def take_back(self, upload: ResumableUpload) -> None:
        """Delete an upload again, unless another request has gone on with it."""
        await self.delete_some({"_id": upload.id, "fence": upload.fence} | UNUSED, 1)

    async def delete(self, owner: str, upload_id: str) -> None:
        """Delete an upload that no job has used, and give its place back.

        Raises:
            NotFound: The owner has no such upload.
            UploadUsed: A job has used it.
        """
        which = {"_id": upload_id, "owner": owner}
        if await self.delete_some(which | UNUSED, 1):
            return
        if await self._uploads.find_one(which, {"_id": 1}) is None:
            raise NotFound
        raise UploadUsed

    async def delete_some(self, which: Document, most: int) -> int:
        """Delete some uploads, and their bytes unless a job has used them; return their number."""

        def write(session: ClientSession) -> list[ResumableUpload]:
            return delete_uploads(self._plain, session, which, most)

        uploads = await run_transaction_in_thread(self._client, write)
        # After a crash, the sweeper deletes them.
        files = [upload.file_id for upload in uploads if upload.job_id is None]
        if files:
            await self._chunks.delete_many({"files_id": {"$in": files}})
        return len(uploads)

    async def _go_on(self, which: Document, update: Document | None = None) -> Document | None:
        """Find an upload with a new fence, which ends the request that sends bytes to it.

        The write is durable, and so is what it found: no two requests have the same fence, also
        after an election.
        """
        found: Document | None = await self._durable.find_one_and_update(
            which, {"$inc": {"fence": 1}} | (update or {}), return_document=ReturnDocument.AFTER
        )
        return found

    async def _create_all(self, creations: list[Creation]) -> list[Created]:
        def write(session: ClientSession) -> list[Created]:
            return create_uploads(self._plain, session, creations, utc_now())

        return await run_transaction_in_thread(self._client, write)


def _check_there(document: Document | None) -> ResumableUpload:
    if document is None:
        raise NotFound("There is no such upload.")
    upload = upload_of(document)
    if upload.job_id is None and upload.expires_at <= utc_now():
        raise ResumableExpired("The upload was left alone for too long. Begin it again.")
    return upload


def _check_finished(upload: ResumableUpload) -> ResumableUpload:
    if upload.job_id is not None:
        raise UploadUsed(f"The job {upload.job_id} has used it.")
    if not upload.is_finished:
        raise UploadUnfinished(f"{upload.offset} of {upload.length} bytes have arrived.")
    return upload
