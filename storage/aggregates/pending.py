"""Pending changes: the difference between the images and what is counted of them."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from pymongo.client_session import ClientSession

from domain.statistics import STORED_BYTES, Counts, add_facts, add_uploads
from storage.aggregates.contributions import Contribution, Tombstones, read_tombstones
from storage.aggregates.counted_images import (
    CountedImage,
    KnownChanges,
    read_known_changes,
    read_uncounted,
)
from storage.aggregates.counters import CHANGES, add_notes
from storage.mongo.threads import PlainDatabase


class HistogramChange(msgspec.Struct, frozen=True, gc=False):
    """A histogram of 256 packed counts to add to the aggregates (1 times), or to take back (-1)."""

    image_id: str
    user_id: str
    uploaded_at: datetime
    histogram: bytes
    pixels: int
    times: int


def count_changes(images: Sequence[CountedImage], gone: Tombstones) -> Counts:
    """Return the differences of images and tombstones to the stored counts."""
    changes = KnownChanges(
        [image.after.upload for image in images if image.before is None],
        [image.before.facts for image in images if image.before],
        [image.after.facts for image in images],
    )
    return _add_up(changes, gone)


def read_pending_counts(database: PlainDatabase, session: ClientSession | None) -> Counts:
    """Return the differences of everything pending to the stored counts."""
    counts = _add_up(*read_known_changes(database, session))
    counts.update(add_notes(database[CHANGES].find(session=session)))
    return counts


def compare_histograms(images: Sequence[CountedImage], gone: Tombstones) -> list[HistogramChange]:
    """List changes of histograms; one that is replaced gives two changes."""
    changes: list[HistogramChange | None] = [
        _change(image_id, contribution, -1) for image_id, contribution in gone.counted.items()
    ]
    for image in images:
        before = image.before
        if before is None or before.histogram != image.after.histogram:
            changes.append(_change(image.image_id, before, -1) if before else None)
            changes.append(_change(image.image_id, image.after, 1))
    return [change for change in changes if change is not None]


def read_pending_histograms(
    database: PlainDatabase,
    session: ClientSession | None = None,
    first_id: str | None = None,
    after_id: str | None = None,
) -> list[HistogramChange]:
    """Read the pending changes of histograms, from one image ID up to another."""
    borders = {"$gte": first_id, "$lt": after_id}
    among = {sign: border for sign, border in borders.items() if border is not None} or None
    return compare_histograms(
        read_uncounted(database, session, among),
        read_tombstones(database, session, among),
    )


def _add_up(changes: KnownChanges, gone: Tombstones) -> Counts:
    counts = Counts()
    add_uploads(counts, changes.uploads, 1)
    add_facts(counts, changes.before, -1)
    add_facts(counts, changes.after, 1)
    removed = gone.counted.values()
    add_uploads(counts, [one.upload for one in removed], -1)
    add_facts(counts, [one.facts for one in removed], -1)
    # Other images may use the same bytes, so a note takes them back when the blob is deleted.
    counts[STORED_BYTES] += gone.left_bytes
    return counts


def _change(image_id: str, contribution: Contribution, times: int) -> HistogramChange | None:
    if contribution.histogram is None:
        return None
    return HistogramChange(
        image_id,
        contribution.upload.user_id,
        contribution.upload.uploaded_at,
        contribution.histogram,
        contribution.pixels,
        times,
    )
