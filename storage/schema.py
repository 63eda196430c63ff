"""The indexes of all collections, gathered from the features that declare them."""

from collections import defaultdict

from pymongo import IndexModel

from storage.acceptance.duplicates import DUPLICATE_INDEXES
from storage.acceptance.idempotency import IDEMPOTENCY_INDEXES
from storage.access.api_keys import API_KEY_INDEXES
from storage.access.upload_links import LINK_INDEXES
from storage.aggregates.aggregator import AGGREGATE_INDEXES
from storage.backlog.workers import WORKER_INDEXES
from storage.blobs.reads import BLOB_INDEXES
from storage.catalog.search_indexes import CATALOG_INDEXES
from storage.histograms.medians import MEDIAN_INDEXES
from storage.ledger.dead_letters import DEAD_LETTER_INDEXES
from storage.ledger.open_work import OPEN_WORK_INDEXES
from storage.mongo.client import Database
from storage.outbox.pending_events import PENDING_EVENTS_INDEXES
from storage.removal.user_deletion import USER_DELETION_INDEXES
from storage.webhooks.documents import WEBHOOK_INDEXES

INDEXES: dict[str, list[IndexModel]] = defaultdict(list)
for _indexes in (
    BLOB_INDEXES,
    CATALOG_INDEXES,
    OPEN_WORK_INDEXES,
    DEAD_LETTER_INDEXES,
    AGGREGATE_INDEXES,
    {"images": [*DUPLICATE_INDEXES, *PENDING_EVENTS_INDEXES], "jobs": PENDING_EVENTS_INDEXES},
    MEDIAN_INDEXES,
    API_KEY_INDEXES,
    LINK_INDEXES,
    IDEMPOTENCY_INDEXES,
    USER_DELETION_INDEXES,
    WORKER_INDEXES,
    WEBHOOK_INDEXES,
):
    for _collection, _models in _indexes.items():
        INDEXES[_collection] += _models


async def ensure_indexes(database: Database) -> None:
    """Create the collections and indexes that are missing. Any number of processes may call it."""
    for name, indexes in INDEXES.items():
        await database[name].create_indexes(indexes)
