"""The indexes behind searches among images.

Each holds the user between the field and the ID: with a user it gives his pages in order, without
one all images with that value. What few ask for and most images have (``succeeded``, no face) has
none: there the index of all images, newest first, fills a page at once. Partial indexes cost
nothing for images that lack the field, and nothing at the acceptance of any.
"""

from typing import Any

from pymongo import ASCENDING, DESCENDING, GEOSPHERE, IndexModel

RARE_STATUSES = ["failed", "partial", "canceled"]
LEAST_FINGERPRINT = -(2**63)
NEAR_DUPLICATES = "near_duplicates"


def _by(field: str, only: dict[str, Any] | None = None) -> IndexModel:
    keys = [(field, ASCENDING), ("user_id", ASCENDING), ("_id", DESCENDING)]
    return IndexModel(keys, **({"partialFilterExpression": {field: only}} if only else {}))


SEARCH_INDEXES = [
    _by("format"),
    _by("camera_make", {"$gt": ""}),
    _by("camera_model", {"$gt": ""}),
    _by("taken_on", {"$gt": ""}),
    _by("faces", {"$gte": 1}),
    _by("status", {"$in": RARE_STATUSES}),
    # A geographic index leaves out what has no place by itself.
    IndexModel([("location", GEOSPHERE), ("user_id", ASCENDING)]),
    # Four keys an image; with the fingerprint in them, no image is read that is not near.
    IndexModel(
        [
            ("fingerprint_bands", ASCENDING),
            ("user_id", ASCENDING),
            ("fingerprint", ASCENDING),
        ],
        name=NEAR_DUPLICATES,
        partialFilterExpression={"fingerprint": {"$gte": LEAST_FINGERPRINT}},
    ),
]
