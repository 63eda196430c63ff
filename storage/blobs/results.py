"""Results of the work on blobs: equal bytes and versions have one result."""

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import msgspec
from pymongo import UpdateMany, UpdateOne

from domain.blobs import Blob, StoredVariant
from domain.images.operations import METADATA
from domain.jobs import Status
from domain.records import GpsPolicy
from storage.blobs.inserts import insert_once
from storage.blobs.stores.blob_stores import BlobStores
from storage.blobs.variants import variant_chunks, variant_file
from storage.clock import utc_now
from storage.mongo.client import DURABLE, Client, Database, Document, Session
from storage.mongo.transactions import run_transaction

RENEWED_TOGETHER = 20


class NewVariant(msgspec.Struct, frozen=True):
    """A variant that an operation rendered, and how long that took."""

    file_id: str
    media_type: str
    data: bytes
    seconds: float = 0.0


class BlobResults(msgspec.Struct, frozen=True):
    """The results of one run of operations on a blob.

    Attributes:
        facts: ``width`` and ``height``, as oriented.
        results: By operation: ``{"version": n, "value": …, "warnings": […]}``.
        renewed: By operation that replaces a result of an older version: the fields by which the
            images of the blob are searched.
        replaces: Whether the results also replace those of the same version.
    """

    blob: Blob
    facts: dict[str, Any]
    results: dict[str, Document]
    variants: list[NewVariant]
    renewed: dict[str, Document] = {}
    replaces: bool = False


class Results:
    """Reads the bytes of blobs, and stores results."""

    def __init__(self, client: Client, database: Database, stores: BlobStores) -> None:
        self._client = client
        self._database = database
        self._stores = stores

    async def read_bytes(self, blobs: Sequence[Blob]) -> dict[str, bytes]:
        """Read bytes by hash; deleted blobs are left out."""
        data = await self._stores.read_many([blob.location for blob in blobs])
        return {blob.sha256: data[blob.location] for blob in blobs if blob.location in data}

    async def keep(self, found: Sequence[BlobResults]) -> None:
        """Store results and variants. Storing them again changes nothing.

        Results that replace those of an older version count for all ended images of the blob, which
        are counted anew into the aggregates.

        A blob that was deleted in the meantime stays deleted, and the sweeper deletes the variants
        that were stored for it.
        """
        if not found:
            return
        documents = result_documents(found)
        await asyncio.gather(
            *(insert_once(self._database[name], new) for name, new in documents.items())
        )
        # Last, so that a crash leaves no result without its picture. Durable, because the images
        # that end with it may be written on another primary.
        blobs = self._database["blobs.files"].with_options(write_concern=DURABLE)
        first = [result_update(results) for results in found if not results.renewed]
        if first:
            await blobs.bulk_write(first, ordered=False)
        renewed = [results for results in found if results.renewed]
        for start in range(0, len(renewed), RENEWED_TOGETHER):
            some = renewed[start : start + RENEWED_TOGETHER]
            await run_transaction(self._client, partial(self._renew, some))

    async def _renew(self, found: Sequence[BlobResults], session: Session) -> None:
        """Replace results, and mark the images that have shown the older ones as uncounted."""
        updates = [result_update(results) for results in found]
        await self._database["blobs.files"].bulk_write(updates, ordered=False, session=session)
        changes = [change for results in found for change in renewed_images(results)]
        await self._database["images"].bulk_write(changes, ordered=False, session=session)


def renewed_images(found: BlobResults) -> Iterator[UpdateMany]:
    """Make the updates of the images that have shown older results of a blob.

    The fence is raised so that an aggregator that has read the older ones does not mark the images
    as counted.
    """
    for name, fields in found.renewed.items():
        version = found.results[name]["version"]
        for gps in GpsPolicy:
            ended = {
                "sha256": found.blob.sha256,
                "gps": gps.value,
                "finished_at": {"$ne": None},
                f"cells.{name}.status": Status.SUCCEEDED.value,
                f"cells.{name}.version": {"$lte" if found.replaces else "$lt": version},
            }
            shown = {**found.facts, **fields, f"cells.{name}.version": version}
            if gps is GpsPolicy.STRIP:
                shown.pop("location", None)
            change: Document = {"$set": {**shown, "uncounted": True}, "$inc": {"fence": 1}}
            if name == METADATA and "location" not in shown:
                change["$unset"] = {"location": ""}
            yield UpdateMany(ended, change)


def result_documents(found: Sequence[BlobResults]) -> dict[str, list[Document]]:
    """Make the documents of new variants, by collection."""
    now = utc_now()
    variants = [(of.blob.sha256, new) for of in found for new in of.variants]
    chunks = [part for _, new in variants for part in variant_chunks(new.file_id, new.data)]
    files = [
        variant_file(
            sha256, StoredVariant(new.file_id, new.media_type, len(new.data), new.seconds), now
        )
        for sha256, new in variants
    ]
    return {"variants.chunks": chunks, "variants.files": files}


def result_update(found: BlobResults) -> UpdateOne:
    """Make the update that stores results; a result of the same version stays.

    Its times differ from run to run. One without times is replaced.
    """
    fields: Document = {f"metadata.{name}": value for name, value in found.facts.items()}
    for name, value in found.results.items():
        field = f"metadata.results.{name}"
        is_timed = {"$ne": [{"$type": f"${field}.seconds"}, "missing"]}
        is_same = {"$eq": [f"${field}.version", value["version"]]}
        is_there: Document = {"$and": [is_same, is_timed]}
        if found.replaces:
            is_there = {"$gt": [f"${field}.version", value["version"]]}
        fields[field] = {"$cond": [is_there, f"${field}", {"$literal": value}]}
    return UpdateOne({"_id": found.blob.file_id}, [{"$set": fields}])
