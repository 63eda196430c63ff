"""Invariants of images."""

from domain.errors.files import GIVEN_UP
from domain.fingerprints import band_keys
from domain.jobs import Status
from domain.records import GpsPolicy
from storage.ledger.dead_letters import IS_DEAD_LETTER
from storage.ledger.open_work import IS_OPEN
from storage.ledger.rows import MAX_ATTEMPTS_KEPT
from storage.mongo.client import Document
from storage.verification.invariants import (
    ENDED,
    OPEN,
    differ,
    document_invariant,
    given,
    has,
    is_one_of,
    lookup,
    pipeline_invariant,
    rolled_up,
    where,
)

# Notes of expired jobs are kept for 30 days.
NOTES_KEPT_MS = 29 * 24 * 3600 * 1000
STATUSES = {"$map": {"input": {"$objectToArray": "$cells"}, "in": "$$this.v.status"}}
ERROR_CODES = {
    "$setUnion": [
        {"$map": {"input": {"$objectToArray": "$cells"}, "in": "$$this.v.error.code"}},
        ["$error.code"],
    ]
}


def _any(status: Status) -> Document:
    return {"$in": [status.value, STATUSES]}


_IS_OPEN = is_one_of("$status", OPEN)
_STATE = where(
    {"$not": is_one_of("$status", OPEN + ENDED)},
    differ(_IS_OPEN, has("$due_at")),
    differ({"$eq": ["$status", Status.PROCESSING.value]}, has("$lease")),
    {"$eq": [_IS_OPEN, has("$finished_at")]},
)
_CELLS = where(
    differ(_IS_OPEN, _any(Status.QUEUED)),
    {"$not": {"$setIsSubset": [STATUSES, ["queued", "succeeded", "failed", "canceled"]]}},
    {
        "$and": [
            {"$not": _IS_OPEN},
            differ(
                "$status",
                rolled_up(_any(Status.SUCCEEDED), _any(Status.FAILED), _any(Status.CANCELED)),
            ),
        ]
    },
)
_RESULTS_OF_BLOB = {
    "$map": {
        "input": {"$objectToArray": "$metadata.results"},
        "in": {"name": "$$this.k", "version": "$$this.v.version"},
    }
}
_HAS_RESULT = {
    "$anyElementTrue": {
        "$map": {
            "input": {"$first": "$blob.results"},
            "as": "result",
            "in": {
                "$and": [
                    {"$eq": ["$$result.name", "$$cell.k"]},
                    {"$gte": ["$$result.version", "$$cell.v.version"]},
                ]
            },
        }
    }
}
_WITHOUT_RESULT = {
    "$filter": {
        "input": {"$objectToArray": "$cells"},
        "as": "cell",
        "cond": {
            "$and": [
                {"$eq": ["$$cell.v.status", Status.SUCCEEDED.value]},
                {"$not": _HAS_RESULT},
            ]
        },
    }
}
_ATTEMPT_LOG = {"$ifNull": ["$attempt_log", []]}
_ATTEMPTS = where(
    {"$lt": ["$attempts", 0]},
    {"$gt": ["$attempts", {"$ifNull": ["$fence", 0]}]},
    {"$gt": [{"$size": _ATTEMPT_LOG}, MAX_ATTEMPTS_KEPT]},
    {"$gt": [{"$max": "$attempt_log.fence"}, {"$ifNull": ["$fence", 0]}]},
)
_OTHER_OWNER = {
    "$and": [has("$link_id"), differ("$link_id", {"$first": "$original.link_id"})],
}
_DUPLICATES: tuple[Document, ...] = (
    {"$match": {"duplicate_of": {"$gt": ""}}},
    lookup(
        "images",
        "duplicate_of",
        "_id",
        {"$project": {"sha256": 1, "user_id": 1, "link_id": 1}},
        to="original",
    ),
    {"$match": {"original": {"$ne": []}}},  # It may have been deleted.
    where(
        {"$eq": ["$_id", "$duplicate_of"]},
        differ("$sha256", {"$first": "$original.sha256"}),
        differ("$user_id", {"$first": "$original.user_id"}),
        _OTHER_OWNER,
    ),
)


def _has_wrong_bands(image: Document) -> bool:
    """Return whether a search for likeness would miss an image, or find it in error."""
    fingerprint, bands = image.get("fingerprint"), image.get("fingerprint_bands")
    return bands != (None if fingerprint is None else band_keys(fingerprint))


OF_IMAGES = [
    pipeline_invariant(
        "image_blob",
        "Each image has its blob",
        "images",
        lookup("blobs.files", "sha256", "metadata.sha256", to="blob"),
        {"$match": {"blob": []}},
    ),
    pipeline_invariant(
        "image_state",
        "Only open images are due, only claimed ones have a lease, ended ones have an end",
        "images",
        _STATE,
    ),
    pipeline_invariant(
        "image_cells",
        "The status of each image follows from its cells",
        "images",
        _CELLS,
    ),
    pipeline_invariant(
        "image_results",
        "Each cell that succeeded has its result",
        "images",
        lookup(
            "blobs.files",
            "sha256",
            "metadata.sha256",
            {"$project": {"results": _RESULTS_OF_BLOB}},
            to="blob",
        ),
        given(differ("$blob", []), differ(_WITHOUT_RESULT, [])),
    ),
    pipeline_invariant(
        "image_job",
        "Each image has its job, or the job has expired",
        "images",
        given({"$gt": [{"$add": ["$uploaded_at", NOTES_KEPT_MS]}, "$$before"]}),
        lookup("jobs", "job_id", "_id", to="job"),
        {"$match": {"job": []}},
        lookup("expired", "job_id", "_id", to="note"),
        {"$match": {"note": []}},
    ),
    pipeline_invariant(
        "open_image_job",
        "No job has ended while an image of it is open",
        "images",
        {"$match": IS_OPEN},
        lookup("jobs", "job_id", "_id", {"$project": {"due_at": 1}}, to="job"),
        given(differ("$job", []), {"$not": has({"$first": "$job.due_at"})}),
    ),
    pipeline_invariant(
        "image_attempts",
        "Attempts are counted, and their log is bounded",
        "images",
        _ATTEMPTS,
    ),
    pipeline_invariant(
        "dead_letters",
        "Each dead letter is an image that the service gave up",
        "images",
        {"$match": IS_DEAD_LETTER},
        where(
            _IS_OPEN,
            {"$eq": [{"$setIntersection": [ERROR_CODES, sorted(GIVEN_UP)]}, []]},
        ),
    ),
    pipeline_invariant(
        "duplicates",
        "Each duplicate names an image with equal bytes of the same user or link, or a deleted one",
        "images",
        *_DUPLICATES,
    ),
    document_invariant(
        "fingerprint_bands", "Each fingerprint is found by its bands", "images", _has_wrong_bands
    ),
    pipeline_invariant(
        "stripped_positions",
        "No image with stripped position has a location",
        "images",
        {"$match": {"gps": GpsPolicy.STRIP, "location": {"$exists": True}}},
    ),
]
