"""Invariants of resumable uploads, and of the places that they reserve."""

from storage.blobs.objects import RESUMABLE
from storage.blobs.stores.chunks import CHUNK_BYTES
from storage.mongo.client import Document
from storage.resumable.documents import ACCOUNTS, UNUSED
from storage.verification.blobs import FEW_FILES
from storage.verification.invariants import (
    differ,
    document_invariant,
    first_of,
    is_old,
    lookup,
    pipeline_invariant,
    where,
)

RESERVED: Document = {"$group": {"_id": None, "files": {"$sum": 1}, "bytes": {"$sum": "$length"}}}
"""The stage that adds up what unused uploads reserve."""
_FULL: Document = {"$floor": {"$divide": ["$offset", CHUNK_BYTES]}}
_ALL: Document = {"$ceil": {"$divide": ["$offset", CHUNK_BYTES]}}
# Chunks after the offset are leftovers, which the next request replaces.
_COUNTED: Document = {
    "$lookup": {
        "from": "blobs.chunks",
        "localField": "file_id",
        "foreignField": "files_id",
        "let": {"all": _ALL, "full": _FULL},
        "pipeline": [
            {"$match": {"$expr": {"$lt": ["$n", "$$all"]}}},
            {"$set": {"bytes": {"$binarySize": "$data"}}},
            {
                "$group": {
                    "_id": None,
                    "chunks": {"$sum": 1},
                    "bytes": {"$sum": "$bytes"},
                    "full": {
                        "$sum": {
                            "$cond": [
                                {
                                    "$and": [
                                        {"$lt": ["$n", "$$full"]},
                                        {"$eq": ["$bytes", CHUNK_BYTES]},
                                    ]
                                },
                                1,
                                0,
                            ]
                        }
                    },
                }
            },
        ],
        "as": "counted",
    }
}


def _is_wrong(upload: Document) -> bool:
    is_finished = upload["offset"] == upload["length"]
    is_used = upload.get("job_id") is not None
    return (
        not 0 <= upload["offset"] <= upload["length"]
        or (upload.get("sha256") is not None and not is_finished)
        or (is_used and upload.get("sha256") is None)
    )


OF_RESUMABLE = [
    document_invariant(
        "resumable_state",
        "Each resumable upload is within its length; a job has used only finished ones",
        RESUMABLE,
        _is_wrong,
    ),
    pipeline_invariant(
        "resumable_chunks",
        "Each unused resumable upload has its bytes up to the offset, in chunks without a gap",
        RESUMABLE,
        {"$match": UNUSED},
        _COUNTED,
        where(
            differ(first_of("counted", "chunks"), _ALL),
            differ(first_of("counted", "full"), _FULL),
            {"$lt": [first_of("counted", "bytes"), "$offset"]},
            {
                "$and": [
                    {"$eq": ["$offset", "$length"]},
                    differ(first_of("counted", "bytes"), "$length"),
                ]
            },
        ),
        piece=FEW_FILES,
    ),
    pipeline_invariant(
        "resumable_expiry",
        "No resumable upload is left that has expired",
        RESUMABLE,
        where(is_old("$expires_at")),  # The sweeper deletes the others.
    ),
    pipeline_invariant(
        "resumable_places",
        "Each owner has reserved what the unused resumable uploads without a link need",
        ACCOUNTS,
        lookup(
            RESUMABLE,
            "_id",
            "owner",
            {"$match": UNUSED | {"link_id": None}},
            RESERVED,
            to="counted",
        ),
        where(
            differ("$reserved_files", first_of("counted", "files")),
            differ("$reserved_bytes", first_of("counted", "bytes")),
        ),
        piece=100,
    ),
]
