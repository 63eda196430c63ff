"""Tombstones: contributions of deleted images, until the aggregator takes them back.

A deleted image that was never counted leaves a bare tombstone, so that an aggregator that is
counting it conflicts with the delete.
"""

from collections.abc import Sequence

import msgspec
from pymongo import UpdateOne
from pymongo.client_session import ClientSession

from storage.aggregates.contributions import CONTRIBUTIONS, Contribution, read_contribution
from storage.mongo.client import Database, Document, Session
from storage.mongo.threads import PlainDatabase

IS_REMOVED = {"removed": True}
PART = 1_000


class Tombstones(msgspec.Struct, frozen=True):
    """Tombstones of deleted images.

    Attributes:
        counted: Contributions by image ID, of the images that were counted.
        left_bytes: Sum of the ``stored_bytes`` of all of the images.
    """

    ids: list[str]
    counted: dict[str, Contribution]
    left_bytes: int


async def bury_images(database: Database, session: Session, images: Sequence[Document]) -> None:
    """Write the tombstones of images, given their documents as read within the transaction."""
    await database[CONTRIBUTIONS].bulk_write(
        [
            UpdateOne(
                {"_id": image["_id"]},
                {
                    "$set": IS_REMOVED,
                    "$setOnInsert": {"stored_bytes": image.get("stored_bytes", 0)},
                },
                upsert=True,
            )
            for image in images
        ],
        ordered=False,
        session=session,
    )


def read_tombstones(
    database: PlainDatabase,
    session: ClientSession | None,
    among: Document | None = None,
    fields: Document | None = None,
) -> Tombstones:
    """Read tombstones.

    ``among`` is a condition on the image ID; None for all.
    """
    which = {**IS_REMOVED, **({} if among is None else {"_id": among})}
    found = database[CONTRIBUTIONS].find(which, fields, session=session, batch_size=PART)
    documents = list(found)
    return Tombstones(
        [document["_id"] for document in documents],
        {one["_id"]: read_contribution(one) for one in documents if "user_id" in one},
        sum(document["stored_bytes"] for document in documents),
    )
