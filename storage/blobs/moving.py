"""Moves the bytes of blobs between GridFS and the bucket while the service runs.

A move copies the bytes, reads the copy back and compares its hash, and then names the copy in the
document of the blob, in one transaction with a note by which the old bytes are removed after a
grace. It may end at any point: until the transaction the old bytes count, and the sweeper removes
the copy. Any number of processes may move the same blob.
"""

import hashlib
from collections.abc import AsyncIterator
from functools import partial

from bson import ObjectId

from domain.errors.capacity import Unavailable
from domain.ports import GRIDFS, S3, Location
from storage.blobs.inserts import insert_once
from storage.blobs.known_blobs import location_of
from storage.blobs.left_chunks import count_bytes, remove_left_chunks
from storage.blobs.removals import note_removals
from storage.blobs.stores.blob_stores import BlobStores
from storage.blobs.stores.chunks import ChunkCutter
from storage.blobs.stores.object_names import name_again
from storage.mongo.client import Client, Database, Document, Session
from storage.mongo.transactions import run_transaction


class DamagedBlob(Exception):
    """The bytes of a blob are incomplete, or have another hash."""


class BlobMover:
    """Moves blobs, each by its hash."""

    def __init__(self, client: Client, database: Database, stores: BlobStores) -> None:
        self._client = client
        self._database = database
        self._files = database["blobs.files"]
        self._stores = stores

    async def move(self, sha256: str, store: str) -> bool:
        """Move the bytes of a blob to a store.

        Returns:
            False if there was nothing to move: the blob is there already, was deleted meanwhile,
            or is so small that it belongs into GridFS.

        Raises:
            DamagedBlob: The bytes are incomplete, or have another hash. They stay where they are.
            Unavailable: The bucket is away, or a copy was removed meanwhile; try again.
        """
        file = await self._files.find_one({"metadata.sha256": sha256})
        if file is None or location_of(file).store == store:
            return False
        if store == S3 and not self._stores.goes_to_bucket(file["length"]):
            return False
        if store == S3:
            copy = Location(S3, name_again(file["_id"]))
        else:
            copy = Location(GRIDFS, file["_id"])
        try:
            await self._copy(file, copy)
            await self._compare(file, copy)
            is_moved = await run_transaction(self._client, partial(self._switch, file, copy))
        except DamagedBlob:
            await self._remove(copy)
            if not await self._is_as_read(file):
                return False
            raise
        if not is_moved:
            await self._remove(copy)
        return is_moved

    async def _copy(self, file: Document, copy: Location) -> None:
        pieces = self._stores.stream(location_of(file), 0, file["length"])
        if copy.store == S3:
            await self._stores.copy_in(copy.name, pieces)
        else:
            await self._copy_to_gridfs(file["_id"], pieces)

    async def _copy_to_gridfs(self, file_id: ObjectId, pieces: AsyncIterator[bytes]) -> None:
        """Write chunks; those of an earlier attempt are the same, and stay."""
        cutter = ChunkCutter(file_id)
        chunks = self._database["blobs.chunks"]
        async for piece in pieces:
            await insert_once(chunks, cutter.add(piece))
        await insert_once(chunks, cutter.close())

    async def _compare(self, file: Document, copy: Location) -> None:
        digest = hashlib.sha256()
        async for piece in self._stores.stream(copy, 0, file["length"]):
            digest.update(piece)
        if digest.hexdigest() != file["metadata"]["sha256"]:
            raise DamagedBlob("The bytes are incomplete, or have another hash.")

    async def _switch(self, file: Document, copy: Location, session: Session) -> bool:
        """Name the copy in the document; False if the blob was deleted or moved meanwhile."""
        old = location_of(file)
        if copy.store == S3:
            change: Document = {"$set": {"metadata.store": S3, "metadata.object": copy.name}}
            as_read = {"metadata.store": None}
        else:
            change = {"$unset": {"metadata.store": "", "metadata.object": ""}}
            as_read = {"metadata.object": old.name}
        # Written first: whoever removes the chunks of this file writes the same document.
        changed = await self._files.update_one(
            {"_id": file["_id"], **as_read}, change, session=session
        )
        if not changed.matched_count:
            return False
        if copy.store == GRIDFS and file["length"] != await count_bytes(
            self._database, file["_id"], session
        ):
            raise Unavailable("Chunks of an earlier time were removed meanwhile.")
        await note_removals(self._database, [old], session)
        return True

    async def _is_as_read(self, file: Document) -> bool:
        now = await self._files.find_one({"_id": file["_id"]})
        return now is not None and location_of(now) == location_of(file)

    async def _remove(self, copy: Location) -> None:
        if copy.store == S3:
            await self._stores.bucket.remove([copy.name])
        else:
            await remove_left_chunks(self._client, self._database, copy.name)
