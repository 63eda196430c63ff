"""Removes resumable uploads: those that are deleted, left alone, or lose their link or user."""

from datetime import datetime
from typing import Any

from pymongo.client_session import ClientSession

from domain.ports import S3, Location
from domain.resumable import ResumableUpload
from storage.blobs.objects import RESUMABLE
from storage.blobs.removals import note_removals_in_thread
from storage.mongo.client import Document
from storage.mongo.threads import PlainDatabase
from storage.resumable.documents import ACCOUNTS, upload_of
from storage.resumable.reservations import give_back

# Uploads in one transaction.
TOGETHER = 50


def delete_uploads(
    database: PlainDatabase, session: ClientSession, which: Document, most: int
) -> list[ResumableUpload]:
    """Delete the documents of some uploads, and give their places back; return the uploads.

    The chunks of those that no job has used are left, and belong to nothing.
    """
    found = database[RESUMABLE].find(which, session=session).limit(most)
    uploads = [upload_of(document) for document in found]
    if uploads:
        ids = [upload.id for upload in uploads]
        database[RESUMABLE].delete_many({"_id": {"$in": ids}}, session=session)
        unused = [upload for upload in uploads if upload.job_id is None]
        give_back(database, session, unused)
        objects = [Location(S3, upload.object_name) for upload in unused if upload.object_name]
        note_removals_in_thread(database, objects, session)
    return uploads


def delete_of_user(
    database: PlainDatabase, session: ClientSession, user_id: str, before: datetime
) -> int:
    """Delete some uploads of a user, and their bytes; return their number.

    Those of service keys belong to no user until a job uses them.
    """
    which = {"user_id": user_id, "created_at": {"$lte": before}}
    uploads = delete_uploads(database, session, which, TOGETHER)
    files: list[Any] = [upload.file_id for upload in uploads if upload.job_id is None]
    if files:
        database["blobs.chunks"].delete_many({"files_id": {"$in": files}}, session=session)
    if not uploads:
        empty = {"_id": f"user:{user_id}", "reserved_files": {"$lte": 0}}
        database[ACCOUNTS].delete_one(empty, session=session)
    return len(uploads)
