"""Ends of lone images: results, image and job in one durable transaction.

Written one after another, a picture, its results and the end of its job would each wait for the
journal: what comes later must not survive what it names. In one transaction only one waits.
"""

from concurrent.futures import ThreadPoolExecutor

from pymongo.client_session import ClientSession

from domain.job_changes import JobChange
from domain.jobs import Status
from storage.blobs.inserts import insert_once_in_thread
from storage.blobs.results import BlobResults, result_documents, result_update
from storage.ledger.job_states import JobStates, OfOneImage
from storage.ledger.rows import finishing_update
from storage.ledger.work_metrics import WorkMetrics
from storage.mongo.client import Client, Database
from storage.mongo.threads import plain_database
from storage.mongo.transactions import run_transaction_in_thread
from storage.outbox.subscriptions import Subscriptions


class _NotAsExpectedError(Exception):
    """A document is not as the writer knows it; nothing is written."""


class LoneEnds:
    """Ends jobs with their only image, one at a time."""

    def __init__(
        self,
        client: Client,
        database: Database,
        states: JobStates,
        metrics: WorkMetrics,
        subscriptions: Subscriptions,
    ) -> None:
        self._client = client
        self._database = plain_database(database)
        self._states = states
        self._metrics = metrics
        self._subscriptions = subscriptions
        self._writing = False
        # A thread of its own: the transaction waits for it, in a thread that others may wait for.
        self._beside = ThreadPoolExecutor(1, "pictures")

    async def write(self, found: BlobResults, end: OfOneImage) -> JobChange | None:
        """Write new results, the end of the image that asked for them, and that of its job.

        Returns:
            The change of the job. None if nothing was written: the claim is lost, the job has
            changed, the results replace older ones, or another end is being written.

        Raises:
            PyMongoError: Nothing was written or, rarely, the answer to the commit was lost.
        """
        # Ends that come together share their writes.
        if self._writing or found.renewed:
            return None
        self._writing = True
        try:
            return await self._write(found, end)
        except _NotAsExpectedError:
            return None
        finally:
            self._writing = False

    async def _write(self, found: BlobResults, end: OfOneImage) -> JobChange | None:
        update = await self._states.update_of_one(end)
        if update is None:
            return None
        wanted = await self._subscriptions.wanted_types()
        image = finishing_update(end.image, {"status": Status.PROCESSING}, wanted)
        kept = self._beside.submit(self._keep_pictures, found)

        def write(session: ClientSession) -> None:
            self._database["blobs.files"].bulk_write([result_update(found)], session=session)
            for name, guarded in (("images", image), ("jobs", update.write)):
                written = self._database[name].bulk_write([guarded], session=session)
                if not written.modified_count:
                    raise _NotAsExpectedError
            kept.result()

        await run_transaction_in_thread(self._client, write)
        self._metrics.images_ended(end.image.status)
        self._states.count_ended([update])
        return update.change

    def _keep_pictures(self, found: BlobResults) -> None:
        """Write pictures while the transaction writes.

        The commit waits for the journal, and so for them too. An election in this moment could
        lose them, and then they are rendered again when they are read; the file comes last, so
        that none is found without its bytes.
        """
        for name, documents in result_documents([found]).items():
            insert_once_in_thread(self._database[name], documents)
