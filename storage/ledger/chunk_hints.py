"""Hints of chunks, computed from their images by MongoDB."""

from domain.fairness.work_units import estimate_units
from domain.jobs import ChunkHint
from storage.mongo.client import Document

# Grouped fields of the images of one chunk.
GROUP_BY_CHUNK: Document = {
    "_id": {"job_id": "$job_id", "chunk": "$chunk"},
    "number": {"$max": "$hint"},
    "user_id": {"$first": "$user_id"},
    "images": {"$sum": 1},
    "size_bytes": {"$sum": "$size_bytes"},
}


def read_hint(group: Document) -> ChunkHint:
    """Read the hint of a group that :data:`GROUP_BY_CHUNK` made."""
    return ChunkHint(
        group["_id"]["job_id"],
        group["_id"]["chunk"],
        group["number"],
        group["user_id"],
        estimate_units(group["images"], group["size_bytes"]),
    )
