"""The schema of the database: its version, and the indexes that the features declare."""

from collections import defaultdict

from pymongo import IndexModel, ReturnDocument
from pymongo.errors import OperationFailure

from domain.version import VERSION
from storage.acceptance.duplicates import DUPLICATE_INDEXES
from storage.acceptance.idempotency import IDEMPOTENCY_INDEXES
from storage.access.api_keys import API_KEY_INDEXES
from storage.access.audit import AUDIT_INDEXES
from storage.access.sessions import SESSION_INDEXES
from storage.access.stored_bytes import STORED_BYTES
from storage.access.upload_links import LINK_INDEXES
from storage.aggregates.aggregator import AGGREGATE_INDEXES
from storage.aggregates.signatures import HISTOGRAM_CHANGES, REVISIONS
from storage.backlog.workers import WORKER_INDEXES
from storage.batches.batches import BATCH_INDEXES
from storage.blobs.inserts import BLOB_INDEXES
from storage.blobs.removals import REMOVAL_INDEXES
from storage.catalog.search_indexes import CATALOG_INDEXES
from storage.errors import UnusableServer
from storage.histograms.medians import MEDIAN_INDEXES
from storage.learning.labels import LABEL_INDEXES
from storage.learning.models import MODEL_INDEXES
from storage.learning.predictions import PREDICTION_INDEXES
from storage.learning.trainings import TRAINING_INDEXES
from storage.ledger.dead_letters import DEAD_LETTER_INDEXES
from storage.ledger.fetches import FETCH_INDEXES
from storage.ledger.open_work import OPEN_WORK_INDEXES
from storage.mongo.client import COMMITTED, DURABLE, Database
from storage.outbox.pending_events import PENDING_EVENTS_INDEXES
from storage.removal.user_deletion import USER_DELETION_INDEXES
from storage.resumable.documents import ACCOUNTS, RESUMABLE_INDEXES
from storage.webhooks.documents import WEBHOOK_INDEXES
from storage.webhooks.hold import STATE

SCHEMA_VERSION = 1
"""Raised with a change that other releases cannot read, or must not write beside."""

INDEXES: dict[str, list[IndexModel]] = defaultdict(list)
for _indexes in (
    BLOB_INDEXES,
    REMOVAL_INDEXES,
    CATALOG_INDEXES,
    OPEN_WORK_INDEXES,
    FETCH_INDEXES,
    DEAD_LETTER_INDEXES,
    AGGREGATE_INDEXES,
    {"images": [*DUPLICATE_INDEXES, *PENDING_EVENTS_INDEXES], "jobs": PENDING_EVENTS_INDEXES},
    MEDIAN_INDEXES,
    MODEL_INDEXES,
    PREDICTION_INDEXES,
    TRAINING_INDEXES,
    API_KEY_INDEXES,
    AUDIT_INDEXES,
    SESSION_INDEXES,
    LINK_INDEXES,
    IDEMPOTENCY_INDEXES,
    RESUMABLE_INDEXES,
    USER_DELETION_INDEXES,
    BATCH_INDEXES,
    WORKER_INDEXES,
    WEBHOOK_INDEXES,
    LABEL_INDEXES,
):
    for _collection, _models in _indexes.items():
        INDEXES[_collection] += _models
# A transaction that first reads a collection that does not exist has no snapshot yet: it does not
# notice what others write between this and its own write.
for _collection in (ACCOUNTS, STORED_BYTES, REVISIONS, HISTOGRAM_CHANGES):
    INDEXES[_collection] = []
_EXISTS = 48


async def ensure_indexes(database: Database) -> None:
    """Create the collections and indexes that are missing. Any number of processes may call it."""
    for name, indexes in INDEXES.items():
        if indexes:
            await database[name].create_indexes(indexes)
            continue
        try:
            await database.command("create", name)
        except OperationFailure as error:
            if error.code != _EXISTS:
                raise


class SchemaMismatch(UnusableServer):
    """This program cannot use the data of another release; the message says what to do."""


async def check_schema(database: Database) -> None:
    """Check the version of the schema. A database without one gets the current version.

    Raises:
        SchemaMismatch: The data have another version.
        PyMongoError: MongoDB cannot be reached.
    """
    state = database.get_collection(STATE, read_concern=COMMITTED, write_concern=DURABLE)
    found = await state.find_one_and_update(
        {"_id": "schema"},
        {"$setOnInsert": {"version": SCHEMA_VERSION, "program": VERSION}},
        upsert=True,
        return_document=ReturnDocument.AFTER,
    )
    version, program = found.get("version"), found.get("program")
    if version == SCHEMA_VERSION:
        return
    if isinstance(version, int) and version < SCHEMA_VERSION:
        action = (
            "Back the data up and upgrade them release by release, as CHANGELOG.md says, or start "
            f"release {program} again."
        )
    else:
        action = (
            f"Start release {program} or a newer one, or restore a backup that was made before the "
            "upgrade."
        )
    raise SchemaMismatch(
        f"the database {database.name} has schema {version}, written by release {program}; this is "
        f"release {VERSION}, which needs schema {SCHEMA_VERSION}. {action}"
    )
