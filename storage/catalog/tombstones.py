"""Notes of what was there and has expired, for those who could have seen it."""

from typing import NoReturn

from pymongo import UpdateOne

from domain.errors.access import Expired, ImageExpired, JobExpired, NotFound
from domain.keys import Scope
from storage.clock import utc_now
from storage.mongo.client import Database, Document

NOTED = dict.fromkeys(["user_id", "key_id"], 1)
KINDS: dict[str, type[Expired]] = {"job": JobExpired, "image": ImageExpired}


def note_expired(document: Document, kind: str) -> UpdateOne:
    """Make the note of a job or an image that goes; making it twice changes nothing."""
    note = {name: document[name] for name in NOTED} | {"kind": kind, "expired_at": utc_now()}
    return UpdateOne({"_id": document["_id"]}, {"$setOnInsert": note}, upsert=True)


async def refuse_absent(database: Database, absent_id: str, scope: Scope) -> NoReturn:
    """Say why something is not there.

    Args:
        database: Holds the notes.
        absent_id: A job or an image that is not there.
        scope: What the caller may see.

    Raises:
        Expired: It was there, and the caller could have seen it.
        NotFound: It was not, as far as the caller may know.
    """
    note = await database["expired"].find_one({"_id": absent_id})
    if note is None or not scope.admits(note["user_id"], note["key_id"]):
        raise NotFound
    raise KINDS[note["kind"]]
