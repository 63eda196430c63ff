"""Results belong to the blob: written once for the same bytes and the same version."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
from pymongo import UpdateOne

from domain.blobs import Blob
from storage.blobs.reads import insert_once, read_files
from storage.blobs.variants import variant_documents
from storage.clock import utc_now
from storage.mongo.client import DURABLE, Database, Document


class NewVariant(msgspec.Struct, frozen=True):
    """A picture that an operation made.

    Attributes:
        file_id: From :func:`storage.blobs.intake.variant_id`.
        media_type: For the Content-Type header.
        data: The encoded picture.
    """

    file_id: str
    media_type: str
    data: bytes


class BlobResults(msgspec.Struct, frozen=True):
    """What a worker found out about a blob.

    Attributes:
        blob: The blob.
        facts: ``width`` and ``height``, as oriented.
        results: By operation: ``{"version": n, "value": …}``.
        variants: Pictures that go with the results.
    """

    blob: Blob
    facts: dict[str, Any]
    results: dict[str, Document]
    variants: list[NewVariant]


class Results:
    """Reads blobs for the work, and keeps what the work finds.

    Args:
        database: Holds everything.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read_bytes(self, blobs: Sequence[Blob]) -> dict[str, bytes]:
        """Read the bytes of several blobs in one query.

        Returns:
            The bytes by hash.
        """
        data = await read_files(self._database["blobs.chunks"], [blob.file_id for blob in blobs])
        return {blob.sha256: data[blob.file_id] for blob in blobs if blob.file_id in data}

    async def keep(self, found: Sequence[BlobResults]) -> None:
        """Keep results and variants. Keeping the same ones twice changes nothing.

        A blob that was deleted meanwhile is not made anew; variants that were written for it
        have no parent, and the sweeper removes them.
        """
        if not found:
            return
        now = utc_now()
        pairs = [
            variant_documents(of.blob.sha256, new.file_id, new.media_type, new.data, now)
            for of in found
            for new in of.variants
        ]
        await asyncio.gather(
            insert_once(
                self._database["variants.chunks"],
                [chunk for _, chunks in pairs for chunk in chunks],
            ),
            insert_once(self._database["variants.files"], [file for file, _ in pairs]),
        )
        # Last: a crash must not leave a result whose picture is not there. Durably: the images
        # that end with it may be written on another primary.
        files = self._database["blobs.files"].with_options(write_concern=DURABLE)
        await files.bulk_write([_update(results) for results in found], ordered=False)


def _update(found: BlobResults) -> UpdateOne:
    fields = {f"metadata.{name}": value for name, value in found.facts.items()}
    fields |= {f"metadata.results.{name}": value for name, value in found.results.items()}
    return UpdateOne({"_id": found.blob.file_id}, {"$set": fields})
