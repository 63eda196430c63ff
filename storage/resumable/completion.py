"""The end of a resumable upload whose bytes are all there: its hash and, if large, its object.

Its chunks stay until a job uses it. If the bucket is away at its last byte, the request of the job
makes the object.
"""

import hashlib
from collections.abc import AsyncIterator

from pymongo import ReturnDocument

from domain.errors.access import NotFound
from domain.errors.capacity import BytesUnavailable, Unavailable
from domain.resumable import ResumableUpload
from storage.blobs.stores.blob_stores import BlobStores
from storage.blobs.stores.object_names import name_again
from storage.mongo.client import DURABLE, Collection, Document
from storage.resumable.digests import Digests
from storage.resumable.documents import UNUSED, upload_of


class Completion:
    """Completes uploads.

    Attributes:
        digests: The hashes of uploads that this process knows.
    """

    def __init__(self, uploads: Collection, stores: BlobStores) -> None:
        self.digests = Digests(uploads, stores.gridfs)
        self._uploads = uploads.with_options(write_concern=DURABLE)
        self._stores = stores

    async def complete(self, upload: ResumableUpload) -> ResumableUpload:
        """Complete a finished upload.

        Raises:
            Unavailable: Bytes are missing.
            BytesUnavailable: It is large, and the bucket is away.
            NotFound: The upload was deleted meanwhile.
        """
        upload = await self.digests.complete(upload)
        if upload.object_name is not None or not self._stores.goes_to_bucket(upload.length):
            return upload
        return await self._copy(upload)

    async def complete_early(self, upload: ResumableUpload) -> ResumableUpload:
        """Do the same while no job needs it: its object may come later.

        Raises:
            Unavailable: Bytes are missing.
            NotFound: The upload was deleted meanwhile.
        """
        try:
            return await self.complete(upload)
        except BytesUnavailable:
            return await self.digests.complete(upload)

    async def _copy(self, upload: ResumableUpload) -> ResumableUpload:
        self._stores.check(upload.length)
        name = name_again(upload.file_id)
        await self._stores.copy_in(name, self._read(upload))
        kept: Document | None = await self._uploads.find_one_and_update(
            {"_id": upload.id, "object_name": None} | UNUSED,
            {"$set": {"object_name": name}},
            return_document=ReturnDocument.AFTER,
        )
        if kept is None:  # Another request has made one, or the upload is used or deleted.
            self._stores.remove_objects_soon([name])
            kept = await self._uploads.find_one({"_id": upload.id})
            if kept is None:
                raise NotFound
        return upload_of(kept)

    async def _read(self, upload: ResumableUpload) -> AsyncIterator[bytes]:
        """Read the bytes, and check that they are all there."""
        digest = hashlib.sha256()
        async for data in self._stores.gridfs.stream(upload.file_id, 0, upload.length):
            digest.update(data)
            yield data
        if digest.hexdigest() != upload.sha256:
            raise Unavailable("Bytes of the upload are missing. Begin it again.")
