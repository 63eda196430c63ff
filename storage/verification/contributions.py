"""Invariants of contributions, and of the signatures and marks that follow from them."""

from typing import Any

import numpy as np
from pymongo.client_session import ClientSession

from domain.histograms.signatures import count_units
from storage.aggregates.contributions import (
    CONTRIBUTIONS,
    IS_REMOVED,
    read_contribution,
)
from storage.aggregates.counted_images import read_settled
from storage.aggregates.signatures import HISTOGRAM_CHANGES, SIGNATURES, SignatureChange
from storage.mongo.client import Document, batched
from storage.mongo.threads import PlainDatabase, run_with_session
from storage.verification.invariants import (
    Invariant,
    Look,
    differ,
    has,
    lookup,
    pipeline_invariant,
    where,
)
from storage.verification.recount import QUARTER_OF_UPLOAD

FEW_USERS = 100
_PART = 2_000
_HAS_HISTOGRAM: Document = {"$match": {"histogram": {"$exists": True}}}


async def _find_wrong_contributions(look: Look) -> list[Any]:

    def find(database: PlainDatabase, session: ClientSession) -> list[str]:
        return [
            image.image_id
            for image in read_settled(database, session, look.within)
            if image.before != image.after
        ]

    return await run_with_session(look.database, look.session, find)


async def _find_wrong_signatures(look: Look) -> list[Any]:
    """Add up the contributions of users again, tombstones included, and compare."""

    def find(database: PlainDatabase, session: ClientSession) -> list[str]:
        rows = list(database[SIGNATURES].find({"_id": look.within}, session=session))
        again = _add_up(database, session, [row["_id"] for row in rows])
        return [row["_id"] for row in rows if not _is_sum(row, again.get(row["_id"]))]

    return await run_with_session(look.database, look.session, find)


def _is_sum(row: Document, again: SignatureChange | None) -> bool:
    if again is None:
        return row["images"] == 0 and "sums" not in row
    return row["images"] == again.images and row.get("sums") == again.sums.astype("<i8").tobytes()


def _add_up(
    database: PlainDatabase, session: ClientSession, user_ids: list[str]
) -> dict[str, SignatureChange]:
    sums: dict[str, SignatureChange] = {}

    def add(which: Document) -> None:
        found = database[CONTRIBUTIONS].find(
            {**which, "histogram": {"$exists": True}}, session=session, batch_size=_PART
        )
        for document in found:
            one = read_contribution(document)
            counts = np.frombuffer(document["histogram"], "<u4")[np.newaxis]
            units = count_units(counts, [one.pixels])[0]
            before = sums.setdefault(one.upload.user_id, SignatureChange(0, np.zeros_like(units)))
            before.images += 1
            before.sums += units

    owned = database["images"].find(
        {"user_id": {"$in": user_ids}}, {"_id": 1}, session=session, batch_size=_PART
    )
    for part in batched(owned, _PART):
        add({"_id": {"$in": [image["_id"] for image in part]}})
    add({**IS_REMOVED, "user_id": {"$in": user_ids}})
    return sums


OF_CONTRIBUTIONS = [
    Invariant(
        "contributions",
        "Each image equals its contribution, unless it is marked as uncounted",
        "images",
        _find_wrong_contributions,
    ),
    pipeline_invariant(
        "contribution_image",
        "Each contribution has its image, and no tombstone has one",
        CONTRIBUTIONS,
        lookup("images", "_id", "_id", to="image"),
        where({"$eq": [has("$removed"), differ("$image", [])]}),
    ),
    pipeline_invariant(
        "contribution_signature",
        "Each user with a counted histogram has a signature",
        CONTRIBUTIONS,
        _HAS_HISTOGRAM,
        lookup(SIGNATURES, "user_id", "_id", {"$match": {"images": {"$gt": 0}}}, to="user"),
        {"$match": {"user": []}},
    ),
    pipeline_invariant(
        "contribution_quarter",
        "Each counted histogram has marked its quarter of an hour",
        CONTRIBUTIONS,
        _HAS_HISTOGRAM,
        {"$set": {"quarter": QUARTER_OF_UPLOAD}},
        lookup(HISTOGRAM_CHANGES, "quarter", "_id", to="mark"),
        {"$match": {"mark": []}},
    ),
    Invariant(
        "signatures",
        "Each signature is the exact sum of its user's contributions",
        SIGNATURES,
        _find_wrong_signatures,
        piece=FEW_USERS,
    ),
]
