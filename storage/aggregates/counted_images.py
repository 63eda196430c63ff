"""Images as they are, beside as what they are counted; and what is left of those that are gone."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from pymongo.client_session import ClientSession

from domain.histograms.signatures import read_counts
from domain.images.operations import HISTOGRAM
from domain.jobs import Status
from domain.statistics import Facts, Upload
from storage.aggregates.contributions import (
    CONTRIBUTIONS,
    IS_REMOVED,
    Contribution,
    read_contribution,
    read_facts,
    read_former,
    read_upload,
)
from storage.mongo.client import Document, PlainDatabase

UNCOUNTED = "uncounted"

IS_UNCOUNTED = {"uncounted": True}

PART = 1_000
# What is open has no errors, not of earlier attempts either, and nor has what has succeeded.
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
_COUNTED: Document = dict.fromkeys(
    [
        "counted",
        "user_id",
        "format",
        "uploaded_at",
        "size_bytes",
        "stored_bytes",
        "camera_model",
        "faces",
        "status",
    ],
    1,
)
_WHOLE: Document = {
    **_COUNTED,
    "fence": 1,
    "finished_at": 1,
    "sha256": 1,
    f"cells.{HISTOGRAM}.status": 1,
}
_FACTS: Document = {"camera_model": 1, "faces": 1, "failures": 1}
_WITHOUT_HISTOGRAM: Document = {"histogram": 0}


class CountedImage(msgspec.Struct, frozen=True, gc=False):
    """An image, and as what it is counted.

    Attributes:
        image_id: The image.
        fence: Number of its last claim; None where there was none.
        is_open: Whether it has not ended.
        has_contribution: Whether what it has added is written as a contribution.
        before: What it has added.
        after: What it adds now.
    """

    image_id: str
    fence: int | None
    is_open: bool
    has_contribution: bool
    before: Contribution | None
    after: Contribution


class Tombstones(msgspec.Struct, frozen=True):
    """What is left of images that are gone.

    Attributes:
        ids: Of all of them.
        counted: What those have added, by image ID, that were counted.
        left_bytes: What the store grew by with all of them.
    """

    ids: list[str]
    counted: dict[str, Contribution]
    left_bytes: int


class KnownChanges(msgspec.Struct, frozen=True):
    """What changes by images that are not counted as they are, but for histograms.

    Attributes:
        uploads: Of those that were never counted.
        before: What was known of the others when they were counted.
        after: What is known of all of them now.
    """

    uploads: list[Upload]
    before: list[Facts]
    after: list[Facts]


def read_uncounted(
    database: PlainDatabase, session: ClientSession | None, among: Document | None = None
) -> list[CountedImage]:
    """Read the images that are not counted as they are.

    Args:
        database: Holds everything.
        session: Of a snapshot, or a transaction.
        among: A condition on ``_id``; None: all of them.
    """
    images = _find_uncounted(database, session, among, _WHOLE)
    return _read_images(database, session, images)


def read_settled(
    database: PlainDatabase, session: ClientSession | None, among: Document
) -> list[CountedImage]:
    """Read the images that should be counted as they are; see :func:`read_uncounted`."""
    which = {"_id": among, "uncounted": {"$ne": True}}
    images = database["images"].find(which, _WHOLE, session=session, batch_size=PART)
    return _read_images(database, session, list(images))


def read_tombstones(
    database: PlainDatabase, session: ClientSession | None, among: Document | None = None
) -> Tombstones:
    """Read what is left of images that are gone; see :func:`read_uncounted`."""
    return _read_tombstones(database, session, among, None)


def read_known_changes(
    database: PlainDatabase, session: ClientSession | None
) -> tuple[KnownChanges, Tombstones]:
    """Read what changes by all images that are not counted as they are, or gone.

    No histogram is read.
    """
    images = _find_uncounted(database, session, None, _COUNTED)
    contributions = _find_contributions(database, session, images, _FACTS)
    before = {image["_id"]: former for image in images if (former := read_former(image))}
    before |= {document["_id"]: read_facts(document) for document in contributions}
    failures = _find_failures(database, session, images)
    changes = KnownChanges(
        [read_upload(image) for image in images if image["_id"] not in before],
        list(before.values()),
        [_read_known(image, failures) for image in images],
    )
    return changes, _read_tombstones(database, session, None, _WITHOUT_HISTOGRAM)


def _read_images(
    database: PlainDatabase, session: ClientSession | None, images: Sequence[Document]
) -> list[CountedImage]:
    before = {
        document["_id"]: read_contribution(document)
        for document in _find_contributions(database, session, images, None)
    }
    failures = _find_failures(database, session, images)
    seen = _read_histograms(database, session, images)
    return [
        CountedImage(
            image["_id"],
            image.get("fence"),
            image.get("finished_at") is None,
            image["_id"] in before,
            before.get(image["_id"]) or _read_former(image),
            Contribution(
                read_upload(image),
                _read_known(image, failures),
                *(seen.get(image["sha256"], (None, 0)) if _has_histogram(image) else ()),
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
    # IDs that are named are looked up; else only the index knows who is uncounted.
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


def _read_tombstones(
    database: PlainDatabase,
    session: ClientSession | None,
    among: Document | None,
    fields: Document | None,
) -> Tombstones:
    which = {**IS_REMOVED, **({} if among is None else {"_id": among})}
    found = database[CONTRIBUTIONS].find(which, fields, session=session, batch_size=PART)
    documents = list(found)
    return Tombstones(
        [document["_id"] for document in documents],
        {one["_id"]: read_contribution(one) for one in documents if "user_id" in one},
        sum(document["stored_bytes"] for document in documents),
    )


def _read_histograms(
    database: PlainDatabase, session: ClientSession | None, images: Sequence[Document]
) -> dict[str, tuple[bytes | None, int]]:
    """Read the histograms of blobs, and how many pixels each has, by hash."""
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
    """Say whether an image has asked for its histogram, and has it."""
    cell = image.get("cells", {}).get(HISTOGRAM, {})
    return bool(cell.get("status") == Status.SUCCEEDED)


def _find_failures(
    database: PlainDatabase, session: ClientSession | None, images: Sequence[Document]
) -> dict[str, tuple[str, ...]]:
    """Read the codes of errors, by image ID."""
    ids = [image["_id"] for image in images if image["status"] in _MAY_HAVE_FAILED]
    if not ids:
        return {}
    pipeline = [{"$match": {"_id": {"$in": ids}}}, {"$project": {"codes": _ERROR_CODES}}]
    found = database["images"].aggregate(pipeline, session=session, batchSize=PART)
    return {image["_id"]: tuple(sorted(filter(None, image["codes"]))) for image in found}


def _read_known(image: Document, failures: Mapping[str, tuple[str, ...]]) -> Facts:
    return Facts(
        image.get("camera_model") or None, image.get("faces", 0), failures.get(image["_id"], ())
    )


def _read_former(image: Document) -> Contribution | None:
    former = read_former(image)
    return None if former is None else Contribution(read_upload(image), former)
