"""Signatures by the plainest way there is: all images read, one by one, into sums of integers."""

import struct
from typing import Any

import numpy as np

from storage.aggregates.pending import read_pending_histograms
from storage.aggregates.signatures import add_changes, iterate_signatures
from storage.mongo.client import COMMITTED, Database
from storage.mongo.snapshots import read_snapshot_in_thread
from storage.mongo.threads import PlainDatabase
from storage.stores import Stores

BINS = 256
Plain = dict[str, tuple[int, list[int]]]
"""Of each user how many images, and the sum of each bin."""


def draw_histogram(sha256: str) -> bytes:
    """Draw the histogram that a picture of these bytes might have."""
    chance = np.random.default_rng(int(sha256[:16], 16))
    counts = chance.integers(0, 1_000, BINS) * (chance.random(BINS) < 0.7)
    counts[0] += 1
    return counts.astype("<u4").tobytes()


async def sum_plainly(database: Database) -> Plain:
    """Add up the histograms of all images; nothing may change meanwhile.

    Args:
        database: Holds everything.
    """
    files = database.get_collection("blobs.files", read_concern=COMMITTED)
    results = {
        file["metadata"]["sha256"]: file["metadata"]["results"] async for file in files.find()
    }
    sums: Plain = {}
    async for image in database.get_collection("images", read_concern=COMMITTED).find():
        if image["cells"].get("histogram", {}).get("status") == "succeeded":
            counts = struct.unpack("<256I", results[image["sha256"]]["histogram"]["value"])
            images, before = sums.get(image["user_id"], (0, [0] * BINS))
            units = [round(count / sum(counts) * 2**40) for count in counts]
            added = [old + new for old, new in zip(before, units, strict=True)]
            sums[image["user_id"]] = images + 1, added
    return sums


async def read_signatures(stores: Stores, *, pending: bool) -> Plain:
    """Read all signatures.

    Args:
        stores: Holds them.
        pending: Whether to add pending changes.
    """

    def read(database: PlainDatabase, session: Any) -> Plain:
        found: Plain = {}
        for batch in iterate_signatures(database, session):
            rows = zip(batch.user_ids, batch.images.tolist(), batch.sums.tolist(), strict=True)
            found |= {user_id: (images, sums) for user_id, images, sums in rows}
        changes = read_pending_histograms(database, session) if pending else []
        for user_id, change in add_changes(changes).items():
            images, sums = found.get(user_id, (0, [0] * BINS))
            added = [old + new for old, new in zip(sums, change.sums.tolist(), strict=True)]
            found[user_id] = images + change.images, added
        assert all(images or not any(sums) for images, sums in found.values()), "nothing is left"
        return {user_id: of for user_id, of in found.items() if of[0]}

    return await read_snapshot_in_thread(stores.client, stores.database, read)
