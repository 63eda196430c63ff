"""Contributions: what each counted image has added to statistics, signatures and days.

Each counted image has one document here. A delete turns it into a tombstone
(:mod:`storage.aggregates.tombstones`), and the aggregator writes it when it counts the image. So a
delete and an aggregator that meet at an image conflict, and one transaction runs again.
"""

import msgspec
from bson import Binary, Int64

from domain.statistics import Facts, Upload
from storage.mongo.client import Document

CONTRIBUTIONS = "contributions"


class Contribution(msgspec.Struct, frozen=True, gc=False):
    """What one image adds to the aggregates.

    Attributes:
        facts: The facts that processing finds.
        histogram: 256 counts, packed as by ``pack_bins``; None without a histogram.
        pixels: The sum of the counts; 0 without a histogram.
    """

    upload: Upload
    facts: Facts
    histogram: bytes | None = None
    pixels: int = 0


def make_document(image_id: str, contribution: Contribution) -> Document:
    """Make the document of a contribution.

    Fields of fixed size come first and always in this order, see
    :mod:`storage.aggregates.histogram_batches`.
    """
    upload, facts = contribution.upload, contribution.facts
    document: Document = {"_id": image_id, "uploaded_at": upload.uploaded_at}
    if contribution.histogram is not None:
        document["pixels"] = Int64(contribution.pixels)
        document["histogram"] = Binary(contribution.histogram)
    document |= {
        "user_id": upload.user_id,
        "format": upload.format,
        "size_bytes": upload.size_bytes,
        "stored_bytes": upload.stored_bytes,
    }
    known = msgspec.structs.asdict(facts)
    return document | {name: value for name, value in known.items() if value}


def read_contribution(document: Document) -> Contribution:
    """Read a contribution from its document; a tombstone must have been counted."""
    return Contribution(
        read_upload(document),
        read_facts(document),
        document.get("histogram"),
        document.get("pixels", 0),
    )


def read_upload(document: Document) -> Upload:
    """Read the facts that never change from an image or its contribution."""
    return Upload(
        document["user_id"],
        document["format"],
        document["uploaded_at"],
        document["size_bytes"],
        document.get("stored_bytes", 0),
    )


def read_facts(document: Document) -> Facts:
    """Read the facts that processing found from a contribution."""
    return Facts(
        document.get("camera_model"),
        document.get("faces", 0),
        tuple(document.get("failures", ())),
    )
