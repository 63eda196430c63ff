"""Hashes of resumable uploads: known while the bytes arrive, else computed from the stored bytes.

The state of a hash cannot be stored. A process remembers it for the uploads that it saw last; for
one whose requests came through several processes, the bytes are read once when all are there.
"""

import hashlib
from collections import OrderedDict

from pymongo import ReturnDocument

from domain.errors.access import NotFound
from domain.errors.capacity import Unavailable
from domain.resumable import ResumableUpload
from storage.blobs.intake import HEAD_BYTES, Digest
from storage.blobs.stores.gridfs import GridFsStore
from storage.mongo.client import Collection
from storage.resumable.documents import upload_of

# Each has the state of one hash, some 200 bytes.
KNOWN = 1_000


class Digests:
    """Knows or computes the hashes of uploads."""

    def __init__(self, uploads: Collection, reader: GridFsStore) -> None:
        self._uploads = uploads
        self._reader = reader
        self._known: OrderedDict[str, tuple[int, Digest]] = OrderedDict()

    def find(self, upload: ResumableUpload) -> Digest | None:
        """Return the hash of the bytes up to the offset, if this process knows it."""
        if not upload.offset:
            return hashlib.sha256()
        offset, digest = self._known.get(upload.id, (0, None))
        return digest if offset == upload.offset else None

    def remember(self, upload_id: str, offset: int, digest: Digest) -> None:
        """Remember the hash of the bytes up to an offset that is durable."""
        self._known[upload_id] = offset, digest
        self._known.move_to_end(upload_id)
        while len(self._known) > KNOWN:
            self._known.popitem(last=False)

    async def complete(self, upload: ResumableUpload) -> ResumableUpload:
        """Give a finished upload its hash, if it has none: its bytes are read.

        Raises:
            Unavailable: Bytes are missing.
            NotFound: The upload was deleted meanwhile.
        """
        if upload.sha256 is not None:
            return upload
        digest, head, size_bytes = hashlib.sha256(), b"", 0
        async for data in self._reader.stream(upload.file_id, 0, upload.length):
            head = head or data[:HEAD_BYTES]
            digest.update(data)
            size_bytes += len(data)
        if size_bytes != upload.length:
            raise Unavailable("Bytes of the upload are missing. Begin it again.")
        updated = await self._uploads.find_one_and_update(
            {"_id": upload.id},
            {"$set": {"sha256": digest.hexdigest(), "head": head}},
            return_document=ReturnDocument.AFTER,
        )
        if updated is None:
            raise NotFound
        return upload_of(updated)
