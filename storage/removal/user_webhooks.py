"""The part of a user's delete that concerns webhooks."""

from typing import Any

from domain.webhooks.events import EventType
from storage.mongo.client import Database, Document, Session

MAX_FORGOTTEN = 500
"""Documents of each collection in one transaction."""


async def forget_webhooks(
    database: Database, user_id: str, of_jobs: Document, session: Session
) -> int:
    """Delete the endpoints of a user's keys, and events and deliveries about what is deleted.

    Events of deleted images stay, so that other receivers learn of the delete.

    Args:
        user_id: The user.
        of_jobs: Query on ``job_id`` for the deleted jobs. Documents without a job are deleted too.

    Returns:
        The number of deleted documents. There may be more until it is 0.
    """
    of_user: Document = {"user_id": user_id}
    endpoints = await _find(database, "webhook_endpoints", of_user, session)
    own = {"endpoint_id": {"$in": endpoints}}
    about_user: Document = {
        **of_user,
        "$and": [{"$or": [of_jobs, {"job_id": None}]}],
    }
    removed = 0
    for name, type_, also in (
        ("outbox", "type", []),
        ("deliveries", "event_type", [own]),
        ("events", "type", []),
    ):
        others = {**about_user, type_: {"$ne": EventType.IMAGE_DELETED.value}}
        removed += await _remove(database, name, {"$or": [others, *also]}, session)
    # Last, because a later step finds their deliveries by them.
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
