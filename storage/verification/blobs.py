"""Invariants of blobs, variants and their chunks."""

import hashlib
from typing import Any

from storage.blobs.known_blobs import location_of
from storage.blobs.objects import RESUMABLE
from storage.blobs.removals import REMOVALS
from storage.blobs.sweeper import IN_CHUNKS
from storage.mongo.client import Document
from storage.verification.invariants import (
    Invariant,
    Look,
    differ,
    first_of,
    is_old,
    lookup,
    pipeline_invariant,
    where,
)

# Reading bytes takes long, and a check must end before its snapshot does.
FEW_FILES = 50
_COUNTED = first_of("counted", "images")


def _cut_files(bucket: str) -> tuple[Document, ...]:
    """Return stages that keep files whose chunks are not 0, 1, 2 … of full size to the length."""
    is_full = {"$eq": [{"$binarySize": "$data"}, "$$size"]}
    chunks: Document = {
        "$lookup": {
            "from": f"{bucket}.chunks",
            "localField": "_id",
            "foreignField": "files_id",
            "let": {"size": "$chunkSize"},
            "pipeline": [
                {
                    "$group": {
                        "_id": None,
                        "count": {"$sum": 1},
                        "bytes": {"$sum": {"$binarySize": "$data"}},
                        "first": {"$min": "$n"},
                        "last": {"$max": "$n"},
                        "last_full": {"$max": {"$cond": [is_full, "$n", -1]}},
                        "full": {"$sum": {"$cond": [is_full, 1, 0]}},
                    }
                }
            ],
            "as": "chunks",
        }
    }
    count = {"$ceil": {"$divide": ["$length", "$chunkSize"]}}
    whole = {"$floor": {"$divide": ["$length", "$chunkSize"]}}
    return (
        chunks,
        {"$set": {"chunks": {"$first": "$chunks"}}},
        where(
            differ({"$ifNull": ["$chunks.count", 0]}, count),
            differ({"$ifNull": ["$chunks.bytes", 0]}, "$length"),
            differ({"$ifNull": ["$chunks.first", 0]}, 0),
            differ({"$ifNull": ["$chunks.last", -1]}, {"$subtract": [count, 1]}),
            differ({"$ifNull": ["$chunks.full", 0]}, whole),
            differ({"$ifNull": ["$chunks.last_full", -1]}, {"$subtract": [whole, 1]}),
        ),
    )


def _orphans(bucket: str) -> tuple[Document, ...]:
    """Return stages that keep orphans that the sweeper should have deleted."""
    return (
        {"$group": {"_id": "$files_id"}},
        lookup(f"{bucket}.files", "_id", "_id", {"$match": IN_CHUNKS}, to="file"),
        lookup(RESUMABLE, "_id", "file_id", {"$match": {"job_id": None}}, to="upload"),
        {"$match": {"file": [], "upload": []}},
        # Blobs that moved to the bucket leave their chunks for a while.
        lookup(REMOVALS, "_id", "name", to="removal"),
        {"$match": {"removal": []}},
        lookup(
            f"{bucket}.chunks",
            "_id",
            "files_id",
            {"$limit": 1},
            {"$project": {"_id": 1}},
            to="made",
        ),
        where(is_old({"$toDate": {"$first": "$made._id"}})),
    )


async def _find_changed_bytes(look: Look) -> list[Any]:
    fields = {"length": 1, "metadata.sha256": 1, "metadata.store": 1, "metadata.object": 1}
    files = look.database["blobs.files"].find({"_id": look.within}, fields, session=look.session)
    changed = []
    async for file in files:
        digest = hashlib.sha256()
        async for data in look.stores.stream(location_of(file), 0, file["length"]):
            digest.update(data)
        if digest.hexdigest() != file["metadata"]["sha256"]:
            changed.append(file["_id"])
    return changed


OF_BLOBS = [
    pipeline_invariant(
        "blob_counts",
        "Each blob counts its images, and has at least one",
        "blobs.files",
        lookup("images", "metadata.sha256", "sha256", {"$count": "images"}, to="counted"),
        where(differ("$metadata.images", _COUNTED), {"$lt": [_COUNTED, 1]}),
    ),
    pipeline_invariant(
        "blob_chunks",
        "Each blob in MongoDB has all its bytes, in chunks without a gap",
        "blobs.files",
        {"$match": IN_CHUNKS},
        *_cut_files("blobs"),
        piece=FEW_FILES,
    ),
    pipeline_invariant(
        "variant_chunks",
        "Each variant in MongoDB has all its bytes, in chunks without a gap",
        "variants.files",
        {"$match": IN_CHUNKS},
        *_cut_files("variants"),
        piece=FEW_FILES,
    ),
    pipeline_invariant(
        "result_variants",
        "Each thumbnail that a result names exists",
        "blobs.files",
        {"$match": {"metadata.results.thumbnail": {"$exists": True}}},
        lookup("variants.files", "metadata.results.thumbnail.value.file_id", "_id", to="file"),
        {"$match": {"file": []}},
    ),
    pipeline_invariant(
        "variant_blob",
        "Each variant has its blob",
        "variants.files",
        where(is_old("$uploadDate")),  # The sweeper deletes the others.
        lookup("blobs.files", "metadata.sha256", "metadata.sha256", to="blob"),
        {"$match": {"blob": []}},
    ),
    pipeline_invariant(
        "blob_orphans",
        "No chunks are left of deleted or unfinished blobs",
        "blobs.chunks",
        *_orphans("blobs"),
        key="files_id",
    ),
    pipeline_invariant(
        "variant_orphans",
        "No chunks are left of deleted variants",
        "variants.chunks",
        *_orphans("variants"),
        key="files_id",
    ),
]
HASHES = Invariant(
    "blob_hashes",
    "Each blob's bytes have its hash",
    "blobs.files",
    _find_changed_bytes,
    piece=FEW_FILES,
)
