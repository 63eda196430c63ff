"""Writes the bytes that one request adds to a resumable upload, while they arrive.

They are chunks of GridFS from the beginning: a finished upload becomes a blob without a copy. A
chunk has the fence of the request that wrote it. So a request that was overtaken by a later one,
and still runs, cannot replace what that one wrote, and cannot move the offset.

What is stored after the offset does not count: the next request writes it again.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import NoReturn

import msgspec
from bson import ObjectId
from pymongo import InsertOne, ReplaceOne
from pymongo.errors import BulkWriteError

from domain.errors.access import UploadInterrupted
from domain.resumable import ResumableUpload
from storage.blobs.intake import HEAD_BYTES, Digest, IncomingFile
from storage.blobs.stores.chunks import CHUNK_BYTES, ChunkCutter, ChunkWriter
from storage.mongo.client import DURABLE, Collection, Document
from storage.mongo.duplicates import check_duplicates
from storage.resumable.completion import Completion

ATTEMPTS = 3


class BegunFile(msgspec.Struct, frozen=True):
    """A file of which some bytes are stored.

    Attributes:
        chunks: Number of full chunks.
        tail: The bytes after these, less than a chunk.
        digest: Hash of all of these bytes.
    """

    file_id: ObjectId
    chunks: int
    tail: bytes
    digest: Digest


class ResumableIntake(ChunkWriter):
    """Writes bytes, with no more of them in memory than :class:`ChunkWriter` has.

    Args:
        documents: The collection of uploads.
        taken: The upload, as this request has taken it.
        begun: Its bytes up to the offset.
        knows_hash: Whether the digest of ``begun`` is that of these bytes.
        is_kept_early: Whether bytes count as soon as they are stored, rather than all at the end.
        count_uploads: Counts the large uploads of this process, which share the memory.
    """

    def __init__(
        self,
        chunks: Collection,
        documents: Collection,
        completion: Completion,
        taken: ResumableUpload,
        begun: BegunFile,
        count_uploads: Callable[[], float],
        *,
        knows_hash: bool,
        is_kept_early: bool,
    ) -> None:
        super().__init__(chunks.with_options(write_concern=DURABLE), count_uploads)
        self._documents = documents
        self._completion = completion
        self._taken = taken
        self._file = IncomingFile(begun.file_id, begun.digest)
        self._cutter = ChunkCutter(begun.file_id, begun.chunks, begun.tail)
        self._knows_hash = knows_hash
        self._is_kept_early = is_kept_early
        self._has_failed = False
        self._last_chunk = begun.chunks if begun.tail else begun.chunks - 1
        """The last one that is there, as far as this request knows; perhaps a part of it."""
        self._saved_bytes = 0
        self._turn = asyncio.Lock()

    @property
    def left_bytes(self) -> int:
        """Bytes that the upload still lacks."""
        return self._taken.length - self._taken.offset - self._file.size_bytes

    async def add(self, data: bytes) -> None:
        """Add bytes.

        Raises:
            UploadInterrupted: A later request goes on with the upload.
        """
        async with self._turn:
            self._file.feed(data)
            await self._stage(self._cutter.add(data))

    async def save(self) -> None:
        """Let all that has arrived so far count now, if bytes count as soon as they are stored.

        Raises:
            UploadInterrupted: A later request goes on with the upload.
        """
        async with self._turn:
            if not self._is_kept_early or self._saved_bytes == self._file.size_bytes:
                return
            self._saved_bytes = self._file.size_bytes
            await self.settle()
            # Now nothing waits before the write has the tail: a caller that is cancelled must not
            # leave it behind, beside the full chunk that comes later.
            self._pending += self._cutter.peek()
            await self._begin_flush()
            await self.settle()

    async def end(self, expires_at: datetime) -> ResumableUpload:
        """Write what is left; when this returns, all bytes are durable, and count.

        Raises:
            UploadInterrupted: A later request goes on with the upload.
        """
        with self._noting_failure():
            await self.settle()
            ended = await self._end(expires_at)
        return await self._completion.complete_early(ended) if ended.is_finished else ended

    async def _end(self, expires_at: datetime) -> ResumableUpload:
        batch = [*self._pending, *self._cutter.close()]
        self._pending, self.pending_bytes = [], 0
        offset, digest = self._taken.offset + self._file.size_bytes, self._file.digest
        fields: Document = {"offset": offset, "expires_at": expires_at}
        await self._write(batch)
        if offset == self._taken.length and self._knows_hash:
            fields |= {"sha256": digest.hexdigest(), "head": await self._read_head()}
        await self._set(fields, self._documents.with_options(write_concern=DURABLE))
        if self._knows_hash:
            self._completion.digests.remember(self._taken.id, offset, digest)
        return msgspec.structs.replace(self._taken, **fields)

    async def keep(self, expires_at: datetime) -> None:
        """Keep what has arrived of a request that broke off, if it counts without its end.

        Raises:
            UploadInterrupted: A later request goes on with the upload.
        """
        if self._is_kept_early and not self._has_failed:
            await self.end(expires_at)
        else:
            await self.settle()

    async def _flush(self, chunks: list[Document]) -> None:
        with self._noting_failure():
            await self._write(chunks)
            if self._is_kept_early:
                last = chunks[-1]
                await self._set({"offset": last["n"] * CHUNK_BYTES + len(last["data"])})

    @contextmanager
    def _noting_failure(self) -> Iterator[None]:
        """Note that bytes are missing: none after them may count."""
        try:
            yield
        except BaseException:
            self._has_failed = True
            raise

    async def _write(self, chunks: Sequence[Document]) -> None:
        """Write chunks, most of which are new: an insert costs MongoDB half of a replacement."""
        fenced = [
            {"files_id": chunk["files_id"], "n": chunk["n"], "data": chunk["data"]}
            | {"fence": self._taken.fence}
            for chunk in chunks
        ]
        writes = [
            InsertOne({**chunk}) if chunk["n"] > self._last_chunk else self._replacing(chunk)
            for chunk in fenced
        ]
        # Of two requests that write a new chunk at the same moment, one fails, and finds the chunk
        # of the other when it tries again.
        for attempt in range(ATTEMPTS if writes else 0):
            try:
                await self._chunks.bulk_write(writes, ordered=False)
            except BulkWriteError as error:
                check_duplicates(error)
                if attempt == ATTEMPTS - 1:
                    await self._interrupt()
                writes = [self._replacing(chunk) for chunk in fenced]
            else:
                self._last_chunk = max(self._last_chunk, fenced[-1]["n"])
                return

    def _replacing(self, chunk: Document) -> ReplaceOne[Document]:
        which = {"files_id": chunk["files_id"], "n": chunk["n"]}
        older = {"fence": {"$lte": self._taken.fence}}
        return ReplaceOne(which | older, chunk, upsert=True)

    async def _read_head(self) -> bytes:
        if not self._taken.offset:
            return self._file.head
        first = await self._chunks.find_one({"files_id": self._taken.file_id, "n": 0}, {"data": 1})
        return bytes(first["data"][:HEAD_BYTES]) if first else b""

    async def _set(self, fields: Document, documents: Collection | None = None) -> None:
        which = {"_id": self._taken.id, "fence": self._taken.fence}
        collection = self._documents if documents is None else documents
        if not (await collection.update_one(which, {"$set": fields})).matched_count:
            await self._interrupt()

    async def _interrupt(self) -> NoReturn:
        """End the request; where the upload was deleted meanwhile, its chunks are deleted, too.

        Raises:
            UploadInterrupted: Always.
        """
        file_id = self._taken.file_id
        is_there = await self._documents.find_one({"_id": self._taken.id}, {"_id": 1})
        # The bytes of an upload that a job has used are those of a blob.
        files = self._documents.database["blobs.files"]
        if not is_there and not await files.find_one({"_id": file_id}, {"_id": 1}):
            await self._chunks.delete_many({"files_id": file_id})
        raise UploadInterrupted("Ask for the offset by HEAD, and go on from there.")
