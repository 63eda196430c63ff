"""The documents of resumable uploads, their indexes, and how they are read."""

from typing import Any

from pymongo import ASCENDING, IndexModel

from domain.resumable import ResumableUpload
from storage.blobs.objects import RESUMABLE
from storage.mongo.client import Document, read_struct

ACCOUNTS = "resumable_accounts"
RESUMABLE_INDEXES = {
    RESUMABLE: [
        IndexModel([("expires_at", ASCENDING)]),
        IndexModel([("file_id", ASCENDING)], unique=True),
        IndexModel([("owner", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("user_id", ASCENDING)], sparse=True),
        IndexModel([("link_id", ASCENDING)], sparse=True),
        IndexModel([("creation_key", ASCENDING)], sparse=True),
        IndexModel([("object_name", ASCENDING)], sparse=True),
    ],
}
UNUSED: Document = {"job_id": None}
"""Matches uploads that no job has used: they hold a place, and their bytes are their own."""
OPTIONAL = ("link_id", "user_id", "sha256", "object_name", "job_id", "creation_key")


def document_of(upload: ResumableUpload) -> Document:
    """Make the document of an upload; what is None is left out, so that indexes stay small."""
    fields: dict[str, Any] = {
        name: getattr(upload, name) for name in ResumableUpload.__struct_fields__
    }
    for name in OPTIONAL:
        if fields[name] is None:
            del fields[name]
    fields["_id"] = fields.pop("id")
    return fields


def upload_of(document: Document) -> ResumableUpload:
    """Read an upload from its document."""
    return read_struct(dict.fromkeys(OPTIONAL) | document, ResumableUpload)
