"""Limits of what a read finds: the scope of the caller, and the notes of what has expired.

Because of the notes, reads of expired jobs and images answer 410 instead of 404.
"""

from collections.abc import Collection
from typing import NoReturn

from pymongo import UpdateOne

from domain.errors.access import Expired, ImageExpired, JobExpired, NotFound
from domain.keys import Scope
from storage.clock import utc_now
from storage.mongo.client import Database, Document

NOTED = dict.fromkeys(["user_id", "key_id"], 1)
KINDS: dict[str, type[Expired]] = {"job": JobExpired, "image": ImageExpired}


def scope_query(scope: Scope) -> Document:
    """Return the query that limits a read to a scope."""
    query: Document = {}
    if scope.user_id is not None:
        query["user_id"] = scope.user_id
    if scope.key_id is not None:
        query["key_id"] = scope.key_id
    if scope.tenant is not None:
        query["tenant"] = scope.tenant or None  # None matches documents without the field.
    return query


def note_expired(document: Document, kind: str) -> UpdateOne:
    """Make the write of the note of a job or an image. Writing it again changes nothing."""
    note = {name: document[name] for name in NOTED} | {"kind": kind, "expired_at": utc_now()}
    return UpdateOne({"_id": document["_id"]}, {"$setOnInsert": note}, upsert=True)


async def find_expired(database: Database, ids: Collection[str], scope: Scope) -> set[str]:
    """Return those of some jobs or images that do not exist, because they have expired."""
    notes = database["expired"].find({"_id": {"$in": list(ids)}}, NOTED)
    return {note["_id"] async for note in notes if scope.admits(note["user_id"], note["key_id"])}


async def refuse_absent(database: Database, absent_id: str, scope: Scope) -> NoReturn:
    """Raise the reason for which a job or an image does not exist.

    Raises:
        Expired: It has expired, and was in the scope.
        NotFound: It never existed, or was not in the scope.
    """
    note = await database["expired"].find_one({"_id": absent_id})
    if note is None or not scope.admits(note["user_id"], note["key_id"]):
        raise NotFound
    raise KINDS[note["kind"]]
