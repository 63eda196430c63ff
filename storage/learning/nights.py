"""Remembers the last night in which everything was trained and compared."""

from datetime import date

from pymongo.errors import DuplicateKeyError

from storage.mongo.client import DURABLE, Database
from storage.webhooks.hold import STATE

_NIGHT = "learning"


async def begin_night(database: Database, day: date) -> bool:
    """Begin the night of a day; False if it was begun before."""
    state = database.get_collection(STATE, write_concern=DURABLE)
    text = day.isoformat()
    try:
        changed = await state.update_one(
            {"_id": _NIGHT, "day": {"$lt": text}}, {"$set": {"day": text}}, upsert=True
        )
    except DuplicateKeyError:
        return False
    return changed.modified_count == 1 or changed.upserted_id is not None
