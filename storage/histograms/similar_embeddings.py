"""Finds images that show like things, by their embeddings.

The images to compare with are read anew for each query. Their vectors never change, so they are
kept in memory: a later query reads only new ones.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
import pymongo

from domain.image_search import ImageFilter
from domain.images.operations import EMBEDDING
from domain.images.values import DIMENSIONS
from domain.jobs import Status
from domain.records import Image
from storage.catalog.image_search import query_of
from storage.catalog.images import image_of
from storage.histograms.vector_table import Slots, Vectors, VectorTable
from storage.mongo.client import COMMITTED, Database, Document, batched
from storage.queue.fair_turns import FairTurns
from storage.settings import SimilaritySettings

MOST_IMAGES = 50_000
"""Images that one query compares, and vectors in memory: 5 kB each."""
LONGEST_SECONDS = 120.0
TOGETHER = 1_000

Key = tuple[str, int]
"""The hash of some bytes, and the version of their embedding."""


class SimilarEmbeddings:
    """Compares an image with the newest images that a filter finds."""

    def __init__(self, database: Database, settings: SimilaritySettings) -> None:
        self._images = database.get_collection("images", read_concern=COMMITTED)
        self._files = database["blobs.files"]
        self._most = min(MOST_IMAGES, settings.similar_max_images)
        self._turns = FairTurns(1)
        self._forget()

    async def find(
        self, wanted: ImageFilter, image_id: str, count: int
    ) -> list[tuple[float, Image]] | None:
        """Find the images of a filter that are nearest to an image, which is not among them.

        Only images that have asked for their embedding are compared.

        Returns:
            The similarity and the image, nearest first, ties newest first; the similarity is the
            cosine of the angle between both vectors, 0 to 1. None if the image has no embedding.
        """

        async def ask() -> list[tuple[float, Image]] | None:
            with pymongo.timeout(LONGEST_SECONDS):
                return await self._find(wanted, image_id, count)

        return await self._turns.run(ask)

    async def _find(
        self, wanted: ImageFilter, image_id: str, count: int
    ) -> list[tuple[float, Image]] | None:
        succeeded: Document = {f"cells.{EMBEDDING}.status": Status.SUCCEEDED.value}
        own = await self._keys_of({"_id": image_id} | succeeded, 1)
        if not own:
            return None
        others = await self._keys_of({"$and": [query_of(wanted), succeeded]}, self._most)
        others.pop(image_id, None)
        await self._load({*own.values(), *others.values()})
        if own[image_id] not in self._slots:
            return None
        ids_of: dict[int, list[str]] = defaultdict(list)
        for other_id, key in others.items():
            if key in self._slots:
                ids_of[self._slots[key]].append(other_id)
        if not ids_of:
            return []
        similar = await asyncio.to_thread(
            self._compare, self._slots[own[image_id]], np.array(sorted(ids_of), np.int64), count
        )
        pairs = [(of, one) for of, slot in similar for one in ids_of[slot]]
        # Newest first, and then by similarity, which keeps this order among equal ones.
        pairs.sort(key=lambda pair: pair[1], reverse=True)
        pairs.sort(key=lambda pair: -pair[0])
        return await self._read(pairs[:count])

    async def _keys_of(self, query: Document, most: int) -> dict[str, Key]:
        """Read the keys of the newest images of a query, by image ID."""
        version = f"cells.{EMBEDDING}.version"
        found = self._images.find(query, {"sha256": 1, version: 1}).sort("_id", -1).limit(most)
        return {
            image["_id"]: (image["sha256"], image["cells"][EMBEDDING]["version"])
            for image in await found.to_list(None)
        }

    async def _load(self, keys: set[Key]) -> None:
        """Have the vectors of some keys in memory; bytes that are gone have none."""
        missing = [key for key in keys if key not in self._slots]
        if len(self._slots) + len(missing) > max(self._most, len(keys)):
            self._forget()
            missing = list(keys)
        result = f"metadata.results.{EMBEDDING}"
        fields = {"metadata.sha256": 1, f"{result}.version": 1, f"{result}.value": 1}
        for some in batched(missing, TOGETHER):
            asked = {"metadata.sha256": {"$in": [sha256 for sha256, _ in some]}}
            files = await self._files.find(asked, fields).to_list(None)
            self._keep((file["metadata"] for file in files), set(some))

    def _keep(self, found: Iterable[Document], asked: set[Key]) -> None:
        vectors: dict[Key, Vectors] = {}
        for metadata in found:
            result = metadata.get("results", {}).get(EMBEDDING, {})
            key = (metadata["sha256"], result.get("version", 0))
            if key in asked:
                vectors[key] = read_vector(result["value"])
        if vectors:
            first = len(self._slots)
            self._slots |= {key: first + place for place, key in enumerate(vectors)}
            slots = np.arange(first, first + len(vectors), dtype=np.int64)
            self._table.put(slots, np.stack(list(vectors.values())))

    def _compare(self, own: int, others: Slots, count: int) -> Sequence[tuple[float, int]]:
        vector = self._table.read(np.array([own], np.int64))[0]
        without = np.setdiff1d(np.arange(len(self._slots)), others)
        near = self._table.find_nearest(vector.astype(np.float32), count, without)
        products = self._table.read(near) @ vector
        return [
            (min(max(float(product), 0.0), 1.0), slot)
            for product, slot in zip(products.tolist(), near.tolist(), strict=True)
        ]

    async def _read(self, pairs: Sequence[tuple[float, str]]) -> list[tuple[float, Image]]:
        found = self._images.find({"_id": {"$in": [image_id for _, image_id in pairs]}})
        images = {document["_id"]: image_of(document) async for document in found}
        return [(of, images[image_id]) for of, image_id in pairs if image_id in images]

    def _forget(self) -> None:
        self._slots: dict[Key, int] = {}
        self._table = VectorTable(DIMENSIONS)


def read_vector(packed: bytes) -> Vectors:
    """Read an embedding, and bring it to a length of 1; one of zeros stays."""
    vector = np.frombuffer(packed, "<f2").astype(np.float64)
    length = float(np.linalg.norm(vector))
    return (vector / length if length else vector).astype(np.float32)
