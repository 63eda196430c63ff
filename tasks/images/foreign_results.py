"""Results that were computed for another tenant: they appear as late as if computed again.

Without this, an image that is done at once would reveal that another tenant has it. The wait uses
no processor: it passes as in a second set of children beside those of this worker. A single image
on an idle worker is computed again: on two processors it takes no time that is known.
"""

import time
from collections.abc import Sequence
from datetime import datetime

import msgspec

from domain.blobs import Blob
from domain.claims import ClaimedImage
from tasks.images.findings import VERSION
from tasks.images.ledger_batching import LedgerBatcher

# The ends of images are written together, but not later than this.
KEEP_SECONDS = 1.0


class Held(msgspec.Struct, frozen=True):
    """Images with the same bytes, whose results appear at a time of the monotonic clock."""

    images: list[ClaimedImage]
    until: float


class Foreign(msgspec.Struct, frozen=True):
    """The results of a chunk that were computed for another tenant.

    Attributes:
        held: The images that have such results, in the order of their times.
        blobs: The blobs of the chunk, without results that are computed again.
    """

    held: list[Held]
    blobs: dict[str, Blob]


class ForeignResults:
    """Says until when results are held.

    Args:
        children: Number of children that would have computed them.
    """

    def __init__(self, batcher: LedgerBatcher, children: int) -> None:
        self._batcher = batcher
        self._free_at = [0.0] * children

    async def hold(
        self,
        images: Sequence[ClaimedImage],
        blobs: dict[str, Blob],
        poison_since: datetime,
        *,
        again: bool,
    ) -> Foreign:
        """Find the images whose results are to be held.

        Args:
            images: Claimed images.
            blobs: What is known of their bytes, by hash.
            poison_since: Blobs that were given up at this time or later fail at once.
            again: Whether results are computed again, whatever is known of their time.
        """
        done = {image.id: _known(image, blobs.get(image.sha256)) for image in images}
        asked = [image for image in images if done[image.id]]
        had = await self._batcher.find_earlier(asked) if asked else {}
        seconds: dict[str, float] = {}
        left = dict(blobs)
        of_hash: dict[str, list[ClaimedImage]] = {}
        for image in images:
            blob = blobs.get(image.sha256)
            if blob is None:
                continue
            foreign = done[image.id] - had.get(image.id, frozenset())
            anew = {name for name in foreign if again or "seconds" not in blob.results[name]}
            if anew:
                left[image.sha256] = _without(left[image.sha256], anew)
            takes = seconds_of(blob, foreign - anew)
            if image.duplicate_of is None and blob.poison and blob.poison.at >= poison_since:
                takes += blob.poison.seconds
            if takes:
                seconds[image.sha256] = max(takes, seconds.get(image.sha256, 0.0))
                of_hash.setdefault(image.sha256, []).append(image)
        held = [Held(of, self._book(seconds[sha256])) for sha256, of in of_hash.items()]
        return Foreign(sorted(held, key=lambda one: one.until), left)

    def _book(self, seconds: float) -> float:
        """Use the child that is free first for some seconds; returns when it is done."""
        child = min(range(len(self._free_at)), key=self._free_at.__getitem__)
        until = max(time.monotonic(), self._free_at[child]) + seconds
        self._free_at[child] = until
        return until


def seconds_of(blob: Blob, operations: frozenset[str]) -> float:
    """Add up the time that some results of a blob took to compute; they share one decoding."""
    results = [blob.results[name] for name in operations]
    decoding = max((of["decode_seconds"] for of in results), default=0.0)
    return float(decoding + sum(of["seconds"] for of in results))


def group_ends(held: Sequence[Held]) -> list[tuple[float, list[ClaimedImage]]]:
    """Group what appears within :data:`KEEP_SECONDS`, and say when each group may appear."""
    groups: list[tuple[float, list[ClaimedImage]]] = []
    first = 0.0
    for one in held:
        if groups and one.until <= first + KEEP_SECONDS:
            groups[-1] = (one.until, [*groups[-1][1], *one.images])
        else:
            groups.append((one.until, list(one.images)))
            first = one.until
    return groups


def _without(blob: Blob, operations: set[str]) -> Blob:
    kept = {name: of for name, of in blob.results.items() if name not in operations}
    return msgspec.structs.replace(blob, results=kept)


def _known(image: ClaimedImage, blob: Blob | None) -> frozenset[str]:
    if blob is None:
        return frozenset()
    return frozenset(
        name
        for name in image.operations
        if blob.results.get(name, {}).get("version", 0) >= VERSION[name]
    )
