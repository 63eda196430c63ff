"""The moment of the promise: files become images of a job, in one durable transaction.

Requests that wait at the same time are committed together: one transaction, one wait for the
journal. Those through a link are committed with others through the same link. On a busy service
this is what a request costs least; on an idle one a request is committed alone, at once.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

from bson import ObjectId
from pymongo import UpdateOne
from pymongo.client_session import ClientSession
from pymongo.errors import PyMongoError

from domain.errors.capacity import Unavailable
from domain.jobs import ChunkPlan
from storage.acceptance.drop_offs import (
    DropOff,
    Entry,
    TakenFile,
    Ticket,
    blob_fields,
    job_document,
    make_ticket,
)
from storage.acceptance.idempotency import Answered, answer_keys
from storage.acceptance.link_reservations import reserve
from storage.errors import MONGODB_UNREACHABLE
from storage.mongo.client import Client, Database, Document, PlainDatabase
from storage.mongo.transactions import run_transaction_in_thread

# A transaction stays small, and no request waits for more than this of others.
MAX_GROUP_FILES = 2000
MAX_GROUP_BYTES = 16 * 1024 * 1024


class Acceptance:
    """Accepts drop-offs. One for each API process.

    Args:
        client: For transactions.
        database: Holds everything.
        plan: How jobs are cut into chunks of work.
        due_after: When the reconciler looks after a chunk that nobody has begun.
    """

    def __init__(
        self, client: Client, database: Database, plan: ChunkPlan, due_after: timedelta
    ) -> None:
        self._client = client
        self._database = database
        # What PyMongo itself has, for within a transaction. To make a collection anew takes time.
        self._plain: PlainDatabase = database.delegate
        self._files = self._plain["blobs.files"]
        self._chunks = self._plain["blobs.chunks"]
        self._images = self._plain["images"]
        self._jobs = self._plain["jobs"]
        self._plan = plan
        self._due_after = due_after
        # By link, and all without one together: whoever waits for a link keeps no other waiting.
        self._waiting: dict[str | None, list[Entry]] = {}
        self._committers: dict[str | None, asyncio.Task[None]] = {}

    async def accept(self, drop_off: DropOff) -> Ticket:
        """Make the promise: when this returns, blobs, images and job are durable.

        From here on the bytes belong to the acceptance: a caller that is cancelled must not
        discard them, for the commit goes on without it.

        Args:
            drop_off: What the request brought; its intake is spent afterwards.

        Returns:
            The ticket.

        Raises:
            LinkRevoked: Its link was withdrawn meanwhile.
            LinkUsedUp: Nothing of it fits into what its link has left.
            PyMongoError: Nothing was accepted, as far as can be known: a commit whose answer
                was lost may have happened.
        """
        entry = Entry(drop_off, self._plan, self._due_after)
        link_id = drop_off.link_id
        self._waiting.setdefault(link_id, []).append(entry)
        committer = self._committers.get(link_id)
        if committer is None or committer.done():  # One that broke must not hold up the others.
            self._committers[link_id] = asyncio.create_task(self._commit_waiting(link_id))
        return await entry.answer

    async def drain(self) -> None:
        """Wait until what was begun has been committed."""
        if self._committers:
            await asyncio.wait(self._committers.values())

    async def _commit_waiting(self, link_id: str | None) -> None:
        waiting = self._waiting[link_id]
        while waiting:
            group = _take_group(waiting)
            try:
                await self._commit(group)
            except MONGODB_UNREACHABLE as error:
                # Who came meanwhile has waited as long, and would now wait as long again.
                group += waiting
                waiting.clear()
                for entry in group:
                    if not entry.answer.done():
                        entry.answer.set_exception(error)
            except Exception as error:
                await self._commit_one_by_one(group, error)
            for entry in group:
                if entry.refusal is None and not entry.answer.done():
                    entry.answer.set_result(make_ticket(entry))
            refused = [(entry, entry.refusal) for entry in group if entry.refusal is not None]
            await asyncio.gather(*(self._fail(*found) for found in refused))
        del self._waiting[link_id], self._committers[link_id]

    async def _commit_one_by_one(self, group: list[Entry], error: Exception) -> None:
        """One drop-off that cannot be written must not take its neighbours with it."""
        if len(group) == 1:
            await self._fail(group[0], error)
            return
        for entry in group:
            try:
                await self._commit([entry])
            except Exception as own_error:
                await self._fail(entry, own_error)

    async def _fail(self, entry: Entry, error: Exception) -> None:
        """Tell the caller; bytes that a lost commit may have made live are left to the sweeper."""
        if not entry.answer.done():
            entry.answer.set_exception(error)
        if entry.outcome_is_known:
            with suppress(PyMongoError):
                await entry.drop_off.intake.discard()

    async def _commit(self, group: list[Entry]) -> None:
        unused: set[ObjectId] = set()

        def write(session: ClientSession) -> None:
            unused.clear()
            unused.update(self._write(session, group))
            for entry in group:
                entry.outcome_is_known = entry.refusal is not None

        await run_transaction_in_thread(self._client, write)
        if unused:
            # Their bytes were there already. If this fails the sweeper removes them.
            await self._database["blobs.chunks"].delete_many({"files_id": {"$in": list(unused)}})

    def _write(self, session: ClientSession, group: list[Entry]) -> set[ObjectId]:
        """Write a group. Returns the files whose chunks are written and not needed."""
        reserve(self._plain, session, group)
        group = [entry for entry in group if entry.refusal is None]
        if not group:
            return set()
        new, known = self._count_blobs(session, group)
        self._check_flushed(session, new)
        chunks = [
            chunk
            for file_id, entry in new.items()
            for chunk in entry.drop_off.intake.pending_of(file_id)
        ]
        self._link_duplicates(session, group, known)
        images = [image for entry in group for image in entry.images]
        _note_stored_bytes(images, known)
        jobs = [job_document(entry) for entry in group]
        inserts = [(self._chunks, chunks), (self._images, images), (self._jobs, jobs)]
        for collection, documents in inserts:
            if documents:
                collection.insert_many(documents, ordered=False, session=session)
        keys = [
            (entry.drop_off.attempt, Answered(entry.drop_off.fingerprint, entry.job_id))
            for entry in group
            if entry.drop_off.attempt
        ]
        answer_keys(self._plain, session, keys)
        flushed = {file_id for entry in group for file_id in entry.drop_off.intake.flushed}
        return flushed - new.keys()

    def _check_flushed(self, session: ClientSession, new: dict[ObjectId, Entry]) -> None:
        """See that what was written of new blobs while they arrived is still there.

        It was written without waiting for a majority, and the primary may be another one now.

        Raises:
            Unavailable: Some of it is lost: the files have to be sent again.
        """
        flushed = {
            file_id: chunks
            for file_id, entry in new.items()
            if (chunks := entry.drop_off.intake.flushed.get(file_id))
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
        there = {file["_id"]: file["chunks"] for file in found}
        if any(there.get(file_id, 0) < chunks for file_id, chunks in flushed.items()):
            raise Unavailable("The upload was lost on its way. Send the same request again.")

    def _count_blobs(
        self, session: ClientSession, group: list[Entry]
    ) -> tuple[dict[ObjectId, Entry], set[str]]:
        """Count the new images at their blobs, making the blobs that are missing.

        Returns:
            The files that became blobs with the entry that holds their bytes, and the hashes
            of the blobs that were there before.
        """
        first: dict[str, tuple[Entry, TakenFile]] = {}
        images_of: dict[str, int] = defaultdict(int)
        for entry, file in _files(group):
            first.setdefault(file.staged.sha256, (entry, file))
            images_of[file.staged.sha256] += 1
        if not first:
            return {}, set()
        writes = [
            UpdateOne(
                {"metadata.sha256": sha256},
                {
                    "$inc": {"metadata.images": images_of[sha256]},
                    "$setOnInsert": blob_fields(file, entry.now),
                },
                upsert=True,
            )
            for sha256, (entry, file) in first.items()
        ]
        result = self._files.bulk_write(writes, ordered=False, session=session)
        made = set((result.upserted_ids or {}).values())
        new = {
            file.staged.file_id: entry
            for entry, file in first.values()
            if file.staged.file_id in made
        }
        return new, {sha for sha, (_, file) in first.items() if file.staged.file_id not in made}

    def _link_duplicates(self, session: ClientSession, group: list[Entry], known: set[str]) -> None:
        """Name, for each image, an earlier one of the same owner with the same bytes.

        What came in through a link is only told of other images of that link: whoever was sent
        it must not learn what else its user has.
        """
        earliest: dict[tuple[str, str, str], str] = {}
        if known:
            users = list({entry.drop_off.user_id for entry in group})
            found = self._images.find(
                {"sha256": {"$in": list(known)}, "user_id": {"$in": users}},
                {"sha256": 1, "user_id": 1, "link_id": 1},
                session=session,
            )
            for image in found:
                for owner in _owners(image):
                    earliest[owner] = min(image["_id"], earliest.get(owner, image["_id"]))
        for image in (image for entry in group for image in entry.images):
            owners = _owners(image)
            image["duplicate_of"] = earliest.get(owners[-1])
            for owner in owners:
                earliest.setdefault(owner, image["_id"])


def _take_group(waiting: list[Entry]) -> list[Entry]:
    """Take those who came first, as many as go into one transaction, out of those who wait."""
    count = files = size_bytes = 0
    for entry in waiting:
        files += len(entry.images)
        size_bytes += entry.drop_off.intake.pending_bytes
        if count and (files > MAX_GROUP_FILES or size_bytes > MAX_GROUP_BYTES):
            break
        count += 1
    group = waiting[:count]
    del waiting[:count]
    return group


def _files(group: Iterable[Entry]) -> Iterable[tuple[Entry, TakenFile]]:
    return ((entry, file) for entry in group for file in entry.taken)


def _note_stored_bytes(images: Iterable[Document], known: set[str]) -> None:
    """Say of each image what the store grows by: the size of its blob, at the first one of it."""
    stored = set(known)
    for image in images:
        image["stored_bytes"] = 0 if image["sha256"] in stored else image["size_bytes"]
        stored.add(image["sha256"])


def _owners(image: Document) -> list[tuple[str, str, str]]:
    """Say among whose images one counts as an earlier one; the last is who is told of them."""
    owners = [("user", image["user_id"], image["sha256"])]
    if link_id := image.get("link_id"):
        owners.append(("link", link_id, image["sha256"]))
    return owners
