"""Indexes of the aggregates."""

from pymongo import ASCENDING, DESCENDING, IndexModel

from storage.aggregates.contributions import IS_REMOVED
from storage.aggregates.counted_images import IS_UNCOUNTED, UNCOUNTED

AGGREGATE_INDEXES: dict[str, list[IndexModel]] = {
    "images": [
        # Ended images first, by the time of their end; then open ones by age.
        IndexModel(
            [("finished_at", ASCENDING), ("_id", ASCENDING)],
            name=UNCOUNTED,
            partialFilterExpression=IS_UNCOUNTED,
        ),
    ],
    "contributions": [IndexModel([("removed", ASCENDING)], partialFilterExpression=IS_REMOVED)],
    "signatures": [
        IndexModel([("revision", ASCENDING)]),
        IndexModel(
            [("vanished_at", ASCENDING)],
            partialFilterExpression={"vanished_at": {"$exists": True}},
        ),
    ],
    "statistics": [
        # Only ranked families have the field.
        IndexModel(
            [("family", ASCENDING), ("count", DESCENDING), ("_id", ASCENDING)],
            partialFilterExpression={"family": {"$exists": True}},
        ),
    ],
}
