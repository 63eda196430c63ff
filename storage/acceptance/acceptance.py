"""Acceptance: the files of an upload become images of a job, in one durable transaction.

Uploads that wait at the same time are committed together: one transaction, one wait for the
journal. Uploads through a link are committed with others through the same link, and uploads of
bytes that another process counts at the same moment with others of such bytes. This keeps the cost
of an upload low on a busy service; on an idle one an upload is committed alone, at once.
"""

import asyncio
from collections.abc import Container, Sequence
from contextlib import suppress
from datetime import timedelta

from cachetools import TTLCache
from pymongo.client_session import ClientSession
from pymongo.errors import PyMongoError

from domain.errors.requests import IdempotencyTakenOver
from domain.jobs import ChunkPlan
from domain.records import Job
from storage.acceptance.documents import documents_of
from storage.acceptance.fetched import documents_of_fetched
from storage.acceptance.idempotency import KeyTaken
from storage.acceptance.submissions import Submission, images_of, take_group
from storage.acceptance.transaction import GroupWriter, Unused
from storage.acceptance.uploads import Ticket, Upload
from storage.blobs.stores.blob_stores import BlobStores
from storage.errors import MONGODB_UNREACHABLE
from storage.mongo.client import Client, Database, read_struct
from storage.mongo.transactions import Contested, run_transaction_in_thread

CONTESTED = ""
"""The line of uploads with contested bytes; no link has this ID."""
CONTESTED_SECONDS = 5.0
MOST_CONTESTED = 10_000


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
        self._files = database["blobs.files"]
        self._contested: TTLCache[str, None] = TTLCache(MOST_CONTESTED, CONTESTED_SECONDS)
        """Hashes of blobs that several processes counted at the same time."""
        # By link, and those without one together: a link or a blob that is locked delays no other
        # upload.
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
        is_contested = upload.link_id is None and self._has_any_of(submission, self._contested)
        self._line_up(CONTESTED if is_contested else upload.link_id, [submission])
        return await submission.answer

    async def drain(self) -> None:
        """Wait until every upload that was begun has been committed."""
        if self._committers:
            await asyncio.wait(self._committers.values())

    async def settle(self) -> None:
        """Wait until the transactions that run now have ended; later ones see what was written."""
        for ended in list(self._under_way.values()):
            await ended.wait()

    def _line_up(self, line: str | None, submissions: Sequence[Submission]) -> None:
        self._waiting.setdefault(line, []).extend(submissions)
        committer = self._committers.get(line)
        if committer is None or committer.done():  # One that broke must not stop the others.
            self._committers[line] = asyncio.create_task(self._commit_waiting(line))

    async def _commit_waiting(self, line: str | None) -> None:
        waiting = self._waiting[line]
        while waiting:
            group = take_group(waiting)
            ended = self._under_way[line] = asyncio.Event()
            try:
                if line is None:
                    group = await self._commit_uncontested(group)
                else:
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
        del self._waiting[line], self._committers[line], self._under_way[line]

    async def _commit_uncontested(self, group: list[Submission]) -> list[Submission]:
        """Commit a group; after a conflict without the uploads of bytes that are stored already.

        These wait in a line of their own. Returns the uploads that were committed.
        """
        try:
            await self._commit(group, is_patient=False)
        except Contested:
            hashes = [image["sha256"] for _, image in images_of(group)]
            stored = self._files.find({"metadata.sha256": {"$in": hashes}}, {"metadata.sha256": 1})
            contested = {file["metadata"]["sha256"] async for file in stored}
            self._contested.update(dict.fromkeys(contested))
            apart = [one for one in group if self._has_any_of(one, contested)]
            group[:] = [one for one in group if one not in apart]
            if apart:
                self._line_up(CONTESTED, apart)
            if group:
                await self._commit(group)
        return group

    @staticmethod
    def _has_any_of(submission: Submission, hashes: Container[str]) -> bool:
        return any(image["sha256"] in hashes for image in submission.accepted.images)

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

    async def _commit(self, group: list[Submission], *, is_patient: bool = True) -> None:
        unused = Unused()

        def write(session: ClientSession) -> None:
            nonlocal unused
            unused = self._writer.write(session, group)
            for submission in group:
                submission.outcome_is_known = submission.refusal is not None

        while group:
            try:
                await run_transaction_in_thread(self._client, write, is_patient=is_patient)
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
