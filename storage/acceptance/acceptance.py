"""Acceptance: the files of an upload become images of a job, in one durable transaction.

Uploads that wait at the same time are committed together: one transaction, one wait for the
journal. Uploads through a link are committed with others through the same link. This keeps the
cost of an upload low on a busy service; on an idle one an upload is committed alone, at once.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta

from pymongo.client_session import ClientSession
from pymongo.errors import PyMongoError

from domain.errors.requests import IdempotencyTakenOver
from domain.jobs import ChunkPlan
from domain.records import Job
from storage.acceptance.documents import documents_of
from storage.acceptance.fetched import documents_of_fetched
from storage.acceptance.idempotency import KeyTaken
from storage.acceptance.submissions import Submission, take_group
from storage.acceptance.transaction import GroupWriter, Unused
from storage.acceptance.uploads import Ticket, Upload
from storage.blobs.stores.blob_stores import BlobStores
from storage.errors import MONGODB_UNREACHABLE
from storage.mongo.client import Client, Database, read_struct
from storage.mongo.transactions import run_transaction_in_thread


class Acceptance:
    """Accepts uploads. One for each API process."""

    def __init__(
        self,
        client: Client,
        database: Database,
        stores: BlobStores,
        plan: ChunkPlan,
        due_after: timedelta,
    ) -> None:
        self._client = client
        self._stores = stores
        self._writer = GroupWriter(database)
        self._plan = plan
        self._due_after = due_after
        self._unused = Unused()
        # By link, and those without one together: a link that is locked delays no other upload.
        self._waiting: dict[str | None, list[Submission]] = {}
        self._committers: dict[str | None, asyncio.Task[None]] = {}
        self._under_way: dict[str | None, asyncio.Event] = {}
        """Set when the transaction that runs now has ended."""

    async def accept(self, upload: Upload) -> Ticket:
        """Accept an upload: when this returns, blobs, images and job are durable.

        From here on the bytes belong to the acceptance: a caller that is cancelled must not
        discard them, because the commit goes on without it.

        Raises:
            Unauthenticated: The key was revoked or has expired meanwhile.
            LinkRevoked: The link was revoked meanwhile.
            IdempotencyTakenOver: Another request has the Idempotency-Key.
            LinkUsedUp: No file fits into what the link has left.
            WrongState: The claim on a fetched file was lost.
            PyMongoError: Nothing was accepted, as far as is known: a commit whose answer was lost
                may have happened.
        """
        if upload.claim is None:
            documents = documents_of(upload, self._plan, self._due_after)
        else:
            documents = documents_of_fetched(upload, upload.claim, self._due_after)
        show = None
        if upload.prepare_reply is not None:
            show = await upload.prepare_reply(read_struct(documents.job, Job))
        submission = Submission(upload, documents, show)
        link_id = upload.link_id
        self._waiting.setdefault(link_id, []).append(submission)
        committer = self._committers.get(link_id)
        if committer is None or committer.done():  # One that broke must not stop the others.
            self._committers[link_id] = asyncio.create_task(self._commit_waiting(link_id))
        return await submission.answer

    async def drain(self) -> None:
        """Wait until every upload that was begun has been committed."""
        if self._committers:
            await asyncio.wait(self._committers.values())

    async def settle(self) -> None:
        """Wait until the transactions that run now have ended; later ones see what was written."""
        for ended in list(self._under_way.values()):
            await ended.wait()

    async def _commit_waiting(self, link_id: str | None) -> None:
        waiting = self._waiting[link_id]
        while waiting:
            group = take_group(waiting)
            ended = self._under_way[link_id] = asyncio.Event()
            try:
                await self._commit(group)
            except MONGODB_UNREACHABLE as error:
                # Uploads that came meanwhile have waited as long: they do not wait once more.
                group += waiting
                waiting.clear()
                for submission in group:
                    submission.fail(error)
            except Exception as error:
                await self._commit_one_by_one(group, error)
            finally:
                ended.set()
            await self._answer(group)
            await self._delete_unused()
        del self._waiting[link_id], self._committers[link_id], self._under_way[link_id]

    async def _commit_one_by_one(self, group: list[Submission], error: Exception) -> None:
        """Commit each upload alone, so that one that cannot be written does not stop the others."""
        if len(group) == 1:
            await self._fail(group[0], error)
            return
        for submission in group:
            try:
                await self._commit([submission])
            except Exception as own_error:
                await self._fail(submission, own_error)

    async def _answer(self, group: list[Submission]) -> None:
        for submission in group:
            if submission.refusal is None and not submission.answer.done():
                submission.answer.set_result(submission.ticket or submission.make_ticket())
        refused = [(one, one.refusal) for one in group if one.refusal is not None]
        await asyncio.gather(*(self._fail(*refusal) for refusal in refused))

    async def _fail(self, submission: Submission, error: Exception) -> None:
        """Answer with an error; leave bytes that a lost commit may use to the sweeper.

        Bytes in memory are kept: the upload can be accepted again.
        """
        submission.fail(error)
        intake = submission.upload.intake
        if submission.outcome_is_known and (intake.flushed or intake.objects):
            with suppress(PyMongoError):
                await intake.discard()

    async def _commit(self, group: list[Submission]) -> None:
        unused = Unused()

        def write(session: ClientSession) -> None:
            nonlocal unused
            unused = self._writer.write(session, group)
            for submission in group:
                submission.outcome_is_known = submission.refusal is not None

        while group:
            try:
                await run_transaction_in_thread(self._client, write)
            except KeyTaken:
                group = [one for one in group if not isinstance(one.refusal, IdempotencyTakenOver)]
            else:
                self._unused.add(unused)
                return

    async def _delete_unused(self) -> None:
        """Delete bytes that are not needed, after the answers; if it fails, the sweeper does."""
        unused, self._unused = self._unused, Unused()
        if unused.files:
            with suppress(PyMongoError):
                await self._stores.gridfs.remove(list(unused.files))
        if unused.objects:
            self._stores.remove_objects_soon(list(unused.objects))
