"""Indexes of the webhook collections."""

from pymongo import ASCENDING, DESCENDING, IndexModel

IS_DUE = {"due_at": {"$exists": True}}

WEBHOOK_INDEXES = {
    "webhook_endpoints": [
        IndexModel([("key_id", ASCENDING), ("_id", DESCENDING)]),
        IndexModel([("user_id", ASCENDING), ("_id", DESCENDING)]),
        IndexModel([("status", ASCENDING), ("event_types", ASCENDING)]),
    ],
    "outbox": [
        IndexModel([("at", ASCENDING)]),
        IndexModel([("user_id", ASCENDING)]),
    ],
    "events": [
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
        IndexModel([("user_id", ASCENDING)]),
    ],
    "deliveries": [
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
        IndexModel([("user_id", ASCENDING)]),
        IndexModel([("endpoint_id", ASCENDING), ("order", DESCENDING)]),
        IndexModel([("endpoint_id", ASCENDING), ("status", ASCENDING), ("order", DESCENDING)]),
        IndexModel(
            [("target", ASCENDING), ("due_at", ASCENDING)],
            name="due_of_target",
            partialFilterExpression=IS_DUE,
        ),
    ],
}
