"""Invariants of objects: each blob in the bucket has one, and each has a blob."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from domain.ports import S3
from storage.blobs.known_blobs import location_of
from storage.blobs.objects import find_orphans
from storage.mongo.client import Document
from storage.verification.invariants import Invariant, Look

ASKED_AT_ONCE = 16


def _of_blobs(look: Look) -> Awaitable[list[Any]]:
    return _find_broken(look, "blobs.files")


def _of_variants(look: Look) -> Awaitable[list[Any]]:
    return _find_broken(look, "variants.files")


async def _find_broken(look: Look, collection: str) -> list[Any]:
    query = {"_id": look.within, "metadata.store": S3}
    fields = {"length": 1, "metadata.store": 1, "metadata.object": 1}
    blobs = await look.database[collection].find(query, fields, session=look.session).to_list()
    places = asyncio.Semaphore(ASKED_AT_ONCE)

    async def find_size(blob: Document) -> int | None:
        async with places:
            return await look.stores.bucket.find_size(location_of(blob).name)

    sizes = await asyncio.gather(*(find_size(blob) for blob in blobs))
    return [blob["_id"] for blob, size in zip(blobs, sizes, strict=True) if size != blob["length"]]


async def _find_orphans(look: Look) -> list[Any]:
    if not look.stores.has_bucket:
        return []
    suspects = look.within.get("$in")
    orphans: list[Any] = []
    async for page in look.stores.bucket.walk():
        old = [
            found.name
            for found in page
            if found.written_at < look.before and (suspects is None or found.name in suspects)
        ]
        orphans += await find_orphans(look.database, old)
    return orphans


OF_OBJECTS = [
    Invariant(
        "blob_objects",
        "Each blob in the bucket has its object, with its length",
        "blobs.files",
        _of_blobs,
        piece=200,
    ),
    Invariant(
        "variant_objects",
        "Each variant in the bucket has its object, with its length",
        "variants.files",
        _of_variants,
        piece=200,
    ),
    Invariant(
        "object_orphans",
        "No objects are left of deleted or unfinished blobs and variants",
        "blobs.files",
        _find_orphans,
        piece=0,
    ),
]
