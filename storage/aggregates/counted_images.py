"""Reads images with the contribution that each has made to the aggregates."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from pymongo.client_session import ClientSession

from domain.histograms.signatures import read_counts
from domain.images.operations import HISTOGRAM
from domain.jobs import Status
from domain.statistics import Facts, Upload
from storage.aggregates.contributions import (
    CONTRIBUTIONS,
    PART,
    Contribution,
    Tombstones,
    read_contribution,
    read_tombstones,
)
from storage.mongo.client import Document
from storage.mongo.threads import PlainDatabase

UNCOUNTED = "uncounted"
IS_UNCOUNTED = {"uncounted": True}
# Open and succeeded images have no errors; a new attempt removes those of the one before.
_MAY_HAVE_FAILED = {Status.FAILED.value, Status.PARTIAL.value, Status.CANCELED.value}
_ERROR_CODES: Document = {
    "$setUnion": [
        [{"$ifNull": ["$error.code", None]}],
        {
            "$map": {
                "input": {"$objectToArray": "$cells"},
                "in": {"$ifNull": ["$$this.v.error.code", None]},
            }
        },
    ]
}
_KNOWN_FIELDS: Document = dict.fromkeys(
    [*Upload.__struct_fields__, "camera_model", "faces", "status"], 1
)
_ALL_FIELDS: Document = {
    **_KNOWN_FIELDS,
    "fence": 1,
    "finished_at": 1,
    "sha256": 1,
    f"cells.{HISTOGRAM}.status": 1,
}
_FACTS: Document = {"camera_model": 1, "faces": 1, "failures": 1}
_WITHOUT_HISTOGRAM: Document = {"histogram": 0}


class CountedImage(msgspec.Struct, frozen=True, gc=False):
    """An image, with the contribution it has made and the one it should have made.

    The fence is that of its last claim. ``before`` is None if the image was never counted.
    """

    image_id: str
    fence: int | None
    is_open: bool
    before: Contribution | None
    after: Contribution


class KnownChanges(msgspec.Struct, frozen=True):
    """Pending changes of uncounted images, without histograms.

    Uploads are of images that were never counted, facts ``before`` of the others, and facts
    ``after`` of all.
    """

    uploads: list[Upload]
    before: list[Facts]
    after: list[Facts]


def read_uncounted(
    database: PlainDatabase, session: ClientSession | None, among: Document | None = None
) -> list[CountedImage]:
    """Read images whose counted contribution may be out of date.

    ``among`` is a condition on the image ID; None for all.
    """
    images = _find_uncounted(database, session, among, _ALL_FIELDS)
    return _with_contributions(database, session, images)


def read_settled(
    database: PlainDatabase, session: ClientSession | None, among: Document
) -> list[CountedImage]:
    """Read images whose contribution should be up to date; see :func:`read_uncounted`."""
    which = {"_id": among, "uncounted": {"$ne": True}}
    images = database["images"].find(which, _ALL_FIELDS, session=session, batch_size=PART)
    return _with_contributions(database, session, list(images))


def read_known_changes(
    database: PlainDatabase, session: ClientSession | None
) -> tuple[KnownChanges, Tombstones]:
    """Read all pending changes but those of histograms."""
    images = _find_uncounted(database, session, None, _KNOWN_FIELDS)
    contributions = _find_contributions(database, session, images, _FACTS)
    before = {document["_id"]: msgspec.convert(document, Facts) for document in contributions}
    failures = _find_failures(database, session, images)
    changes = KnownChanges(
        [msgspec.convert(image, Upload) for image in images if image["_id"] not in before],
        list(before.values()),
        [_facts_of(image, failures) for image in images],
    )
    return changes, read_tombstones(database, session, None, _WITHOUT_HISTOGRAM)


def _with_contributions(
    database: PlainDatabase, session: ClientSession | None, images: Sequence[Document]
) -> list[CountedImage]:
    before = {
        document["_id"]: read_contribution(document)
        for document in _find_contributions(database, session, images, None)
    }
    failures = _find_failures(database, session, images)
    histograms = _find_histograms(database, session, images)
    return [
        CountedImage(
            image["_id"],
            image.get("fence"),
            image.get("finished_at") is None,
            before.get(image["_id"]),
            Contribution(
                msgspec.convert(image, Upload),
                _facts_of(image, failures),
                *(histograms.get(image["sha256"], (None, 0)) if _has_histogram(image) else ()),
            ),
        )
        for image in images
    ]


def _find_uncounted(
    database: PlainDatabase, session: ClientSession | None, among: Document | None, fields: Document
) -> list[Document]:
    which = {**IS_UNCOUNTED, **({} if among is None else {"_id": among})}
    # Computed fields would double the time that MongoDB takes.
    found = database["images"].find(which, fields, session=session, batch_size=PART)
    # Listed IDs are looked up by ID; other conditions need the index of uncounted images.
    return list(found if among and "$in" in among else found.hint(UNCOUNTED))


def _find_contributions(
    database: PlainDatabase,
    session: ClientSession | None,
    images: Sequence[Document],
    fields: Document | None,
) -> Iterable[Document]:
    if not images:
        return ()
    named = {"_id": {"$in": [image["_id"] for image in images]}}
    return database[CONTRIBUTIONS].find(named, fields, session=session, batch_size=PART)


def _find_histograms(
    database: PlainDatabase, session: ClientSession | None, images: Sequence[Document]
) -> dict[str, tuple[bytes | None, int]]:
    """Return the packed histogram and the number of pixels of blobs, by hash."""
    hashes = {image["sha256"] for image in images if _has_histogram(image)}
    if not hashes:
        return {}
    value = f"metadata.results.{HISTOGRAM}.value"
    found = database["blobs.files"].find(
        {"metadata.sha256": {"$in": list(hashes)}, value: {"$exists": True}},
        {"_id": 0, "metadata.sha256": 1, value: 1},
        session=session,
        batch_size=PART,
    )
    packed: dict[str, bytes] = {
        file["metadata"]["sha256"]: file["metadata"]["results"][HISTOGRAM]["value"]
        for file in found
    }
    pixels = read_counts(list(packed.values())).sum(axis=1).tolist()
    seen = zip(packed, pixels, strict=True)
    return {sha256: (packed[sha256], count) for sha256, count in seen if count}


def _has_histogram(image: Document) -> bool:
    cell = image.get("cells", {}).get(HISTOGRAM, {})
    return bool(cell.get("status") == Status.SUCCEEDED)


def _find_failures(
    database: PlainDatabase, session: ClientSession | None, images: Sequence[Document]
) -> dict[str, tuple[str, ...]]:
    """Return sorted error codes by image ID."""
    ids = [image["_id"] for image in images if image["status"] in _MAY_HAVE_FAILED]
    if not ids:
        return {}
    pipeline = [{"$match": {"_id": {"$in": ids}}}, {"$project": {"codes": _ERROR_CODES}}]
    found = database["images"].aggregate(pipeline, session=session, batchSize=PART)
    return {image["_id"]: tuple(sorted(filter(None, image["codes"]))) for image in found}


def _facts_of(image: Document, failures: Mapping[str, tuple[str, ...]]) -> Facts:
    return Facts(
        image.get("camera_model") or None, image.get("faces", 0), failures.get(image["_id"], ())
    )
