"""Duplicates: for each new image, an earlier one of the same owner with the same bytes.

An image that came in through a link is only compared with images of that link: the holder of a
link must not learn what else its user has.
"""

from collections import defaultdict
from collections.abc import Iterable

from pymongo import ASCENDING, IndexModel
from pymongo.client_session import ClientSession

from storage.mongo.client import Document
from storage.mongo.threads import PlainDatabase

DUPLICATE_INDEXES = [
    IndexModel([("sha256", ASCENDING), ("user_id", ASCENDING), ("_id", ASCENDING)]),
    IndexModel(
        [("sha256", ASCENDING), ("link_id", ASCENDING), ("_id", ASCENDING)],
        partialFilterExpression={"link_id": {"$gt": ""}},
    ),
]
"""With these MongoDB reads one index key for each hash, however many duplicates are stored."""

Owner = tuple[str, str]
"""The field that names the owner, ``user_id`` or ``link_id``, and its value."""


def link_duplicates(
    database: PlainDatabase,
    session: ClientSession,
    images: Iterable[Document],
    known: set[str],
) -> None:
    """Set ``duplicate_of`` of new images to the earliest image with the same bytes.

    Args:
        images: Documents of new images, in the order of acceptance.
        known: Hashes of the blobs that were stored before.
    """
    images = list(images)
    earliest = _find_earliest(database, session, images, known)
    for image in images:
        owners = _owners(image)
        image["duplicate_of"] = earliest.get((owners[-1], image["sha256"]))
        for owner in owners:
            earliest.setdefault((owner, image["sha256"]), image["_id"])


def _find_earliest(
    database: PlainDatabase, session: ClientSession, images: Iterable[Document], known: set[str]
) -> dict[tuple[Owner, str], str]:
    wanted: dict[Owner, set[str]] = defaultdict(set)
    for image in images:
        if image["sha256"] in known:
            wanted[_owners(image)[-1]].add(image["sha256"])
    earliest: dict[tuple[Owner, str], str] = {}
    for (field, value), hashes in wanted.items():
        pipeline: list[Document] = [
            {"$match": {"sha256": {"$in": list(hashes)}, field: value}},
            {"$sort": {"sha256": 1, field: 1, "_id": 1}},
            {"$group": {"_id": "$sha256", "earliest": {"$first": "$_id"}}},
        ]
        for found in database["images"].aggregate(pipeline, session=session):
            earliest[(field, value), found["_id"]] = found["earliest"]
    return earliest


def _owners(image: Document) -> list[Owner]:
    """Name the owners an image counts for; it is a duplicate within the last of them."""
    owners = [("user_id", image["user_id"])]
    if image["link_id"]:
        owners.append(("link_id", image["link_id"]))
    return owners
