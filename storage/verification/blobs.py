"""Invariants of blobs, variants and their chunks."""

import hashlib
from datetime import datetime
from typing import Any

from bson import ObjectId

from storage.mongo.client import Document
from storage.verification.invariants import (
    Find,
    Invariant,
    Look,
    differ,
    lookup,
    matching,
    where,
)

# Reading bytes takes long, and a check must end before its snapshot does.
FEW_FILES = 50
_COUNTED: Document = {"$ifNull": [{"$first": "$counted.images"}, 0]}


def _find_cut_files(bucket: str) -> Find:
    """Make a check for files whose chunks are not 0, 1, 2 … of full size up to the length."""
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
    return matching(
        f"{bucket}.files",
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


def _find_orphans(bucket: str) -> Find:
    """Make a check for orphans that the sweeper should have deleted."""

    async def find(look: Look) -> list[Any]:
        chunks = look.database[f"{bucket}.chunks"]
        pipeline: list[Document] = [
            {"$match": {"files_id": look.within}},
            {"$group": {"_id": "$files_id"}},
            lookup(f"{bucket}.files", "_id", "_id", to="file"),
            {"$match": {"file": []}},
        ]
        orphans = []
        async for group in chunks.aggregate(pipeline, session=look.session):
            chunk = await chunks.find_one(
                {"files_id": group["_id"]}, {"_id": 1}, session=look.session
            )
            if chunk is not None and _made_at(chunk) < look.before:
                orphans.append(group["_id"])
        return orphans

    return find


def _made_at(chunk: Document) -> datetime:
    chunk_id: ObjectId = chunk["_id"]
    return chunk_id.generation_time


async def _find_lost_variants(look: Look) -> list[Any]:
    """Find variants without a blob that the sweeper should have deleted."""
    find = matching(
        "variants.files",
        {"$match": {"uploadDate": {"$lt": look.before}}},
        lookup("blobs.files", "metadata.sha256", "metadata.sha256", to="blob"),
        {"$match": {"blob": []}},
    )
    return await find(look)


async def _find_changed_bytes(look: Look) -> list[Any]:
    """Find blobs whose bytes do not have their hash."""
    files = look.database["blobs.files"].find(
        {"_id": look.within}, {"metadata.sha256": 1}, session=look.session
    )
    changed = []
    async for file in files:
        digest = hashlib.sha256()
        chunks = look.database["blobs.chunks"].find(
            {"files_id": file["_id"]}, {"data": 1}, session=look.session, batch_size=16
        )
        async for chunk in chunks.sort("n", 1):
            digest.update(chunk["data"])
        if digest.hexdigest() != file["metadata"]["sha256"]:
            changed.append(file["_id"])
    return changed


OF_BLOBS = [
    Invariant(
        "blob_counts",
        "Each blob counts its images, and has at least one",
        "blobs.files",
        matching(
            "blobs.files",
            lookup("images", "metadata.sha256", "sha256", {"$count": "images"}, to="counted"),
            where(differ("$metadata.images", _COUNTED), {"$lt": [_COUNTED, 1]}),
        ),
    ),
    Invariant(
        "blob_chunks",
        "Each blob has all its bytes, in chunks without a gap",
        "blobs.files",
        _find_cut_files("blobs"),
        piece=FEW_FILES,
    ),
    Invariant(
        "variant_chunks",
        "Each variant has all its bytes, in chunks without a gap",
        "variants.files",
        _find_cut_files("variants"),
        piece=FEW_FILES,
    ),
    Invariant(
        "result_variants",
        "Each thumbnail that a result names exists",
        "blobs.files",
        matching(
            "blobs.files",
            {"$match": {"metadata.results.thumbnail": {"$exists": True}}},
            lookup("variants.files", "metadata.results.thumbnail.value.file_id", "_id", to="file"),
            {"$match": {"file": []}},
        ),
    ),
    Invariant("variant_blob", "Each variant has its blob", "variants.files", _find_lost_variants),
    Invariant(
        "blob_orphans",
        "No chunks are left of deleted or unfinished blobs",
        "blobs.chunks",
        _find_orphans("blobs"),
        key="files_id",
    ),
    Invariant(
        "variant_orphans",
        "No chunks are left of deleted variants",
        "variants.chunks",
        _find_orphans("variants"),
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
