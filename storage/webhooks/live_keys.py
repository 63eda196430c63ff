"""Keys that may still be told of anything."""

from collections.abc import Iterable

from domain.keys import ADMIN_USER
from storage.api_keys import VALID
from storage.mongo import Database


async def find_live_keys(database: Database, key_ids: Iterable[str]) -> set[str]:
    """Say which of some keys are neither revoked nor expired."""
    valid = {"_id": {"$in": list(set(key_ids))}} | VALID
    found = database["api_keys"].find(valid, {"_id": 1})
    # The key of the settings has no document.
    return {ADMIN_USER} | {key["_id"] async for key in found}
