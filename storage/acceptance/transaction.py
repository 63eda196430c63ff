"""The transaction that accepts a group of uploads: links, blobs, images, jobs and keys."""

from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import msgspec
from bson import ObjectId
from pymongo import UpdateOne
from pymongo.client_session import ClientSession

from domain.errors.capacity import Unavailable
from domain.errors.requests import IdempotencyTakenOver
from storage.acceptance.duplicates import link_duplicates
from storage.acceptance.fetched import take_over
from storage.acceptance.idempotency import KeyTaken, answer_keys
from storage.acceptance.key_checks import check_keys
from storage.acceptance.link_reservations import reserve
from storage.acceptance.quota_checks import check_quotas
from storage.acceptance.references import check_references, use_references
from storage.acceptance.submissions import Submission, images_of
from storage.access.stored_bytes import AccountReader
from storage.mongo.client import Database, Document
from storage.mongo.threads import plain_database


class Unused(msgspec.Struct):
    """Bytes that no blob needs: files whose chunks are not needed, and names of objects."""

    files: set[ObjectId] = set()
    objects: set[str] = set()

    def add(self, more: "Unused") -> None:
        """Add what others do not need."""
        self.files |= more.files
        self.objects |= more.objects


class GroupWriter:
    """Writes groups of uploads, each within a transaction."""

    def __init__(self, database: Database) -> None:
        # PyMongo's own objects, for use in a thread. It takes time to make a collection.
        self._database = plain_database(database)
        self._files = self._database["blobs.files"]
        self._chunks = self._database["blobs.chunks"]
        self._images = self._database["images"]
        self._jobs = self._database["jobs"]
        self._accounts = AccountReader(self._database)

    def write(self, session: ClientSession, group: Sequence[Submission]) -> "Unused":
        """Write a group, in the order in which the uploads came; may be tried several times.

        Bytes that are stored for another owner are written as if they were new, so that the time
        of an upload does not reveal them.

        Returns what is not needed, because the bytes were stored before, or elsewhere.

        Raises:
            Unavailable: Chunks that were written during an upload are lost.
            KeyTaken: Another request has a key; it is the ``refusal`` of one submission.
        """
        check_keys(self._database, session, group)
        group = [one for one in group if one.refusal is None]
        check_references(self._database, session, group)
        group = [one for one in group if one.refusal is None]
        accounts = check_quotas(self._accounts, session, group)
        group = [one for one in group if one.refusal is None]
        reserve(self._database, session, group)
        take_over(self._database, session, group)
        group = [one for one in group if one.refusal is None]
        if not group:
            return Unused()
        new, known = self._count_blobs(session, group)
        self._check_flushed(session, new)
        images = [image for _, image in images_of(group)]
        link_duplicates(self._database, session, images, known)
        _set_stored_bytes(images, known)
        foreign = _find_foreign(group, known)
        self._insert(session, group, new | foreign, images)
        used = use_references(self._database, session, group)
        self._answer_keys(session, group)
        self._accounts.add(session, images, accounts)
        return _find_unused(group, new.keys(), used | foreign.keys())

    def _answer_keys(self, session: ClientSession, group: Sequence[Submission]) -> None:
        keyed = [one for one in group if one.upload.attempt]
        answers = [(one.upload.attempt, one.make_answer()) for one in keyed if one.upload.attempt]
        try:
            answer_keys(self._database, session, answers)
        except KeyTaken as taken:
            keyed[taken.place].refusal = IdempotencyTakenOver()
            raise

    def _insert(
        self,
        session: ClientSession,
        group: Sequence[Submission],
        written: dict[ObjectId, Submission],
        images: list[Document],
    ) -> None:
        chunks = [
            chunk
            for file_id, submission in written.items()
            for chunk in submission.upload.intake.pending_of(file_id)
        ]
        jobs = [one.accepted.job for one in group if one.upload.claim is None]
        inserts = [(self._chunks, chunks), (self._images, images), (self._jobs, jobs)]
        for collection, documents in inserts:
            if len(documents) == 1:  # For PyMongo, half the work of an insert of many.
                collection.insert_one(documents[0], session=session)
            elif documents:
                collection.insert_many(documents, ordered=False, session=session)

    def _count_blobs(
        self, session: ClientSession, group: Sequence[Submission]
    ) -> tuple[dict[ObjectId, Submission], set[str]]:
        """Count the new images at their blobs, and create the blobs that are missing.

        Returns the new blobs, each with the submission that holds its bytes, and the hashes of the
        blobs that were stored before.
        """
        images = Counter(image["sha256"] for _, image in images_of(group))
        if not images:
            return {}, set()
        first: dict[str, Submission] = {}
        for submission, image in images_of(group):
            first.setdefault(image["sha256"], submission)
        blobs = {sha256: one.documents.blobs[sha256] for sha256, one in first.items()}
        writes = [
            UpdateOne(
                {"metadata.sha256": sha256},
                {"$inc": {"metadata.images": images[sha256]}, "$setOnInsert": blob},
                upsert=True,
            )
            for sha256, blob in blobs.items()
        ]
        result = self._files.bulk_write(writes, ordered=False, session=session)
        made = set((result.upserted_ids or {}).values())
        new = {blob["_id"]: first[sha256] for sha256, blob in blobs.items() if blob["_id"] in made}
        return new, {sha256 for sha256, blob in blobs.items() if blob["_id"] not in made}

    def _check_flushed(self, session: ClientSession, new: dict[ObjectId, Submission]) -> None:
        """Check that the chunks of new blobs that were written during uploads are still stored.

        They were written without waiting for a majority, and the primary may have changed since.
        """
        flushed = {
            file_id: chunks
            for file_id, submission in new.items()
            if (chunks := submission.upload.intake.flushed.get(file_id))
        }
        if not flushed:
            return
        found = self._chunks.aggregate(
            [
                {"$match": {"files_id": {"$in": list(flushed)}}},
                {"$group": {"_id": "$files_id", "chunks": {"$sum": 1}}},
            ],
            session=session,
        )
        stored = {file["_id"]: file["chunks"] for file in found}
        if any(stored.get(file_id, 0) < chunks for file_id, chunks in flushed.items()):
            raise Unavailable("The upload was interrupted. Send the same request again.")


def _find_unused(
    group: Sequence[Submission], new: AbstractSet[ObjectId], more: AbstractSet[ObjectId]
) -> Unused:
    """Find the bytes that were written, or were to be, for other than the new blobs."""
    flushed = {file_id for one in group for file_id in one.upload.intake.flushed}
    objects = {file_id: of for one in group for file_id, of in one.upload.intake.objects.items()}
    return Unused(
        files=(flushed | more) - (new - objects.keys()),
        objects={of for file_id, of in objects.items() if file_id not in new},
    )


def _find_foreign(group: Sequence[Submission], known: set[str]) -> dict[ObjectId, Submission]:
    """Find the files of bytes that were stored before, but not for the owner of the image."""
    return {
        one.documents.blobs[image["sha256"]]["_id"]: one
        for one, image in images_of(group)
        if image["sha256"] in known and image["duplicate_of"] is None
    }


def _set_stored_bytes(images: Sequence[Document], known: set[str]) -> None:
    """Set what the store grows by: the size of a blob, at its first image."""
    stored = set(known)
    for image in images:
        image["stored_bytes"] = 0 if image["sha256"] in stored else image["size_bytes"]
        stored.add(image["sha256"])
