"""What a delete of a user takes along."""

from typing import Any

from domain.webhooks.events import EventType
from storage.mongo.client import Database, Document, Session

MAX_FORGOTTEN = 500
"""Of each kind in one transaction."""


async def forget_webhooks(
    database: Database, user_id: str, of_jobs: Document, session: Session
) -> int:
    """Remove endpoints of a user's keys, and what was told of what is deleted.

    That images were deleted is still told to others, who may keep something of theirs.

    Args:
        database: Holds everything.
        user_id: The user.
        of_jobs: Query on ``job_id``: what is deleted; what is of no job goes as well.
        session: The transaction.

    Returns:
        How many documents; there may be more as long as it is not 0.
    """
    of_user: Document = {"user_id": user_id}
    endpoints = await _find(database, "webhook_endpoints", of_user, session)
    own = {"endpoint_id": {"$in": endpoints}}
    told: Document = {
        **of_user,
        "$and": [{"$or": [of_jobs, {"job_id": None}]}],
    }
    removed = 0
    for name, type_, also in (
        ("outbox", "type", []),
        ("deliveries", "event_type", [own]),
        ("events", "type", []),
    ):
        others = {**told, type_: {"$ne": EventType.IMAGE_DELETED.value}}
        removed += await _remove(database, name, {"$or": [others, *also]}, session)
    # Last, so that a later step finds what is sent to them.
    if not removed:
        removed = await _remove(database, "webhook_endpoints", of_user, session)
    return removed


async def _remove(database: Database, name: str, query: Document, session: Session) -> int:
    ids = await _find(database, name, query, session)
    await database[name].delete_many({"_id": {"$in": ids}}, session=session)
    return len(ids)


async def _find(database: Database, name: str, query: Document, session: Session) -> list[Any]:
    found = database[name].find(query, {"_id": 1}, session=session)
    return [document["_id"] async for document in found.limit(MAX_FORGOTTEN)]
