"""Verification: walks a database part by part, and checks every suspect twice."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import msgspec
from bson.min_key import MinKey

from storage.blobs.stores.blob_stores import BlobStores
from storage.blobs.stores.gridfs import chunk_turns
from storage.mongo.client import Client, Database, Document, Session, batched, read_clock
from storage.mongo.snapshots import read_snapshot
from storage.verification.batches import OF_BATCHES
from storage.verification.blobs import HASHES, OF_BLOBS
from storage.verification.contributions import OF_CONTRIBUTIONS
from storage.verification.images import OF_IMAGES
from storage.verification.invariants import Invariant, Look
from storage.verification.jobs import OF_JOBS
from storage.verification.learning import OF_LABELS
from storage.verification.models import OF_MODELS
from storage.verification.objects import OF_OBJECTS
from storage.verification.resumable import OF_RESUMABLE
from storage.verification.service import OF_THE_SERVICE
from storage.verification.webhooks import OF_WEBHOOKS

EVERY_INVARIANT = [
    *OF_IMAGES,
    *OF_BLOBS,
    *OF_OBJECTS,
    *OF_JOBS,
    *OF_RESUMABLE,
    *OF_LABELS,
    *OF_BATCHES,
    *OF_CONTRIBUTIONS,
    *OF_THE_SERVICE,
    *OF_WEBHOOKS,
    *OF_MODELS,
    HASHES,
]
# Suspects of one invariant; further ones are not recorded.
MAX_SUSPECTS = 10_000
LOOKED_AT_AGAIN = 500
EXAMPLES = 5

Progress = Callable[[str, int, int], None]
"""Called with a collection, the number of checked documents, and about how many it has."""


class Finding(msgspec.Struct, frozen=True):
    """The result of one invariant, with the number of wrong documents and some of their IDs."""

    name: str
    claim: str
    collection: str
    checked: int
    wrong: int
    examples: list[str]


class Verification(msgspec.Struct, frozen=True):
    """The results of all invariants."""

    findings: list[Finding]

    @property
    def broken(self) -> dict[str, list[str]]:
        """Examples by the name of the broken invariant; empty if all hold."""
        return {found.name: found.examples for found in self.findings if found.wrong}


class Verifier:
    """Checks invariants, those of ``hashes`` too if all blobs may be read.

    Leftovers of crashes count from the age of ``grace``: younger ones wait for the sweeper.
    Suspects are checked again after a pause. ``progress`` is called after each part. Without
    ``stores`` no blob may be in a bucket.
    """

    def __init__(
        self,
        client: Client,
        database: Database,
        grace: timedelta,
        *,
        pause_seconds: float = 3.0,
        hashes: bool = False,
        progress: Progress | None = None,
        stores: BlobStores | None = None,
    ) -> None:
        self._stores = stores or BlobStores(database, chunk_turns())
        self._client = client
        self._database = database
        self._grace = grace
        self._pause_seconds = pause_seconds
        self._invariants = [one for one in EVERY_INVARIANT if hashes or one is not HASHES]
        self._progress = progress or (lambda *_: None)

    async def verify(self) -> Verification:
        """Check all invariants. Reads all documents, with few in memory at a time."""
        checked: dict[str, int] = {}
        suspects: dict[str, list[Any]] = defaultdict(list)
        walks: dict[tuple[str, str, int], list[Invariant]] = defaultdict(list)
        for invariant in self._invariants:
            walks[invariant.collection, invariant.key, invariant.piece].append(invariant)
        for group in walks.values():
            count = await self._walk(group, suspects)
            checked |= {invariant.name: count for invariant in group}
        if any(suspects.values()):
            await asyncio.sleep(self._pause_seconds)
        return Verification(
            [
                await self._conclude(invariant, checked[invariant.name], suspects[invariant.name])
                for invariant in self._invariants
            ]
        )

    async def _walk(self, group: Sequence[Invariant], suspects: dict[str, list[Any]]) -> int:
        """Check some invariants of a collection; returns its number of documents."""
        name, key, piece = group[0].collection, group[0].key, group[0].piece
        total = await self._database[name].estimated_document_count()
        if not piece:
            for invariant in group:
                suspects[invariant.name] += await self._look(invariant, {})
            return total
        checked, position = 0, MinKey()
        while True:
            last, count = await self._find_end(name, key, position, piece)
            if not count:
                return checked
            within = {"$gt": position, "$lte": last}
            for invariant in group:
                if len(suspects[invariant.name]) < MAX_SUSPECTS:
                    suspects[invariant.name] += await self._look(invariant, within)
            checked, position = checked + count, last
            self._progress(name, checked, max(total, checked))

    async def _find_end(self, name: str, key: str, position: Any, piece: int) -> tuple[Any, int]:
        """Find the end and the size of the next part; reads the index only."""
        fields = {key: 1, "_id": key == "_id"}
        found = self._database[name].find({key: {"$gt": position}}, fields).sort(key, 1)
        keys = [document[key] async for document in found.limit(piece)]
        return (keys[-1], len(keys)) if keys else (None, 0)

    async def _look(self, invariant: Invariant, within: Document) -> list[Any]:
        before = await read_clock(self._database) - self._grace

        async def look(session: Session) -> list[Any]:
            part = Look(self._client, self._database, self._stores, session, within, before)
            return await invariant.find(part)

        return await read_snapshot(self._client, look)

    async def _conclude(
        self, invariant: Invariant, checked: int, suspects: Sequence[Any]
    ) -> Finding:
        """Check suspects again: changes that were under way have ended."""
        wrong: list[Any] = []
        for batch in batched(suspects, LOOKED_AT_AGAIN):
            found = await self._look(invariant, {"$in": batch})
            wrong += [one for one in found if one in batch]
        examples = [str(one) for one in wrong[:EXAMPLES]]
        return Finding(
            invariant.name, invariant.claim, invariant.collection, checked, len(wrong), examples
        )
