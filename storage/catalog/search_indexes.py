"""Indexes of jobs, images and searches.

In a search index the user stands between the field and the ID. With a user it gives the pages of
that user in order, without one all images with the value. Values that most images have
(``succeeded``, no face) have no index: there the index of all images, newest first, fills a page at
once. Partial indexes cost nothing for images without the field, and nothing at acceptance.
"""

from typing import Any

from pymongo import ASCENDING, DESCENDING, GEOSPHERE, IndexModel

from domain.marks import MARKS

RARE_STATUSES = ["failed", "partial", "canceled"]
LEAST_FINGERPRINT = -(2**63)
NEAR_DUPLICATES = "near_duplicates"


def _by(field: str, only: dict[str, Any] | None = None) -> IndexModel:
    keys = [(field, ASCENDING), ("user_id", ASCENDING), ("_id", DESCENDING)]
    return IndexModel(keys, **({"partialFilterExpression": {field: only}} if only else {}))


_OF_SEARCHES = [
    _by("format"),
    _by("camera_make", {"$gt": ""}),
    _by("camera_model", {"$gt": ""}),
    _by("taken_on", {"$gt": ""}),
    _by("faces", {"$gte": 1}),
    _by("status", {"$in": RARE_STATUSES}),
    # A geographic index leaves out images without a position.
    IndexModel([("location", GEOSPHERE), ("user_id", ASCENDING)]),
    # Four keys for each image; they hold the fingerprint, so that only near images are read.
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
# One key for each mark. Documents without marks, as most are, have none.
_MARKED = _by(MARKS, {"$gt": ""})
# IDs are UUIDv7, so their order is the order of upload.
_NEWEST_FIRST = [
    IndexModel([("user_id", ASCENDING), ("_id", DESCENDING)]),
    IndexModel([("key_id", ASCENDING), ("_id", DESCENDING)]),
    IndexModel(
        [("tenant", ASCENDING), ("_id", DESCENDING)],
        partialFilterExpression={"tenant": {"$gt": ""}},
    ),
]
CATALOG_INDEXES = {
    "images": [
        IndexModel([("job_id", ASCENDING), ("index", ASCENDING)]),
        *_NEWEST_FIRST,
        *_OF_SEARCHES,
        _MARKED,
    ],
    "jobs": [*_NEWEST_FIRST, _MARKED],
    "expired": [
        IndexModel([("expired_at", ASCENDING)], expireAfterSeconds=30 * 24 * 3600),
        IndexModel([("user_id", ASCENDING)]),
    ],
}
