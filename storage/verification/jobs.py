"""Invariants of jobs, deletes of users, Idempotency-Keys and notes of expiry."""

from domain.jobs import Status
from storage.ledger.cells import CELL_STATUS
from storage.ledger.open_work import IS_OPEN
from storage.mongo.client import Document
from storage.verification.invariants import (
    ENDED,
    OPEN,
    differ,
    given,
    has,
    is_old,
    is_one_of,
    lookup,
    pipeline_invariant,
    rolled_up,
    where,
)

_IS_OPEN = is_one_of("$status", OPEN)
_TALLY_TOTAL = {"$sum": {"$map": {"input": {"$objectToArray": "$tally"}, "in": "$$this.v"}}}


def _some(*names: str) -> Document:
    return {"$gt": [{"$add": [f"$tally.{name}" for name in names]}, 0]}


_STATE = where(
    {"$not": is_one_of("$status", OPEN + ENDED)},
    differ(_IS_OPEN, has("$due_at")),
    {"$eq": [_IS_OPEN, has("$finished_at")]},
    {
        "$and": [
            {"$not": _IS_OPEN},
            {"$gt": [_TALLY_TOTAL, 0]},  # Later deletes of images leave the status.
            differ(
                "$status",
                rolled_up(_some("succeeded"), _some("failed", "refused"), _some("canceled")),
            ),
        ]
    },
)


def _counted(status: Status) -> Document:
    """Return an expression: the number of cells with a status in the images of a job."""
    of_status = {"$filter": {"input": "$counts", "cond": {"$eq": ["$$this._id", status.value]}}}
    return {"$sum": {"$map": {"input": of_status, "in": "$$this.count"}}}


_FETCHES = {"$ifNull": ["$fetches", []]}
_FETCHES_STATUS = {"$ifNull": ["$fetches.status", []]}
_QUEUED_FETCHES = {
    "$filter": {"input": _FETCHES, "cond": {"$eq": ["$$this.status", Status.QUEUED.value]}}
}


def _fetched(*statuses: Status) -> Document:
    """Return an expression: the number of cells of files that are no image yet."""
    wanted = {"$in": ["$$this.status", [status.value for status in statuses]]}
    entries = {"$filter": {"input": _FETCHES, "cond": wanted}}
    return {"$multiply": [{"$size": entries}, {"$size": "$operations"}]}


_EXPIRED = {"$gt": [{"$size": {"$ifNull": ["$expired", []]}}, 0]}
_OF_ENDED = {
    "$or": [
        differ("$tally.succeeded", _counted(Status.SUCCEEDED)),
        differ("$tally.failed", _counted(Status.FAILED)),
        differ(
            "$tally.canceled",
            {"$add": [_counted(Status.CANCELED), _fetched(Status.CANCELED)]},
        ),
        _some("waiting", "running"),
    ]
}
_OF_OPEN = differ(
    {"$subtract": [_TALLY_TOTAL, "$tally.refused"]},
    {"$add": [{"$sum": "$counts.count"}, _fetched(Status.QUEUED, Status.CANCELED)]},
)
# A tally counts expired images until it is computed again.
_WITH_EXPIRED = {
    "$or": [
        {"$lt": [f"$tally.{name}", _counted(status)]}
        for name, status in (
            ("succeeded", Status.SUCCEEDED),
            ("failed", Status.FAILED),
            ("canceled", Status.CANCELED),
        )
    ]
}
_TALLY = (
    lookup(
        "images",
        "_id",
        "job_id",
        {"$project": {"status": 1, "cells": {"$objectToArray": "$cells"}}},
        {"$unwind": "$cells"},
        {"$group": {"_id": CELL_STATUS, "count": {"$sum": 1}}},
        to="counts",
    ),
    where(
        differ("$tally.refused", {"$multiply": [{"$size": "$refused"}, {"$size": "$operations"}]}),
        {
            "$switch": {
                "branches": [
                    {"case": {"$and": [_EXPIRED, _IS_OPEN]}, "then": False},
                    {"case": _EXPIRED, "then": _WITH_EXPIRED},
                    {"case": _IS_OPEN, "then": _OF_OPEN},
                ],
                "default": _OF_ENDED,
            }
        },
    ),
)
_ITEMS = {
    "$concatArrays": [
        "$images.index",
        "$refused.index",
        {"$ifNull": ["$fetches.index", []]},
        {"$ifNull": ["$deleted", []]},
        {"$ifNull": ["$expired", []]},
    ]
}


OF_JOBS = [
    pipeline_invariant(
        "job_state",
        "Only open jobs are due, ended ones have an end, and a status that follows from the tally",
        "jobs",
        _STATE,
    ),
    pipeline_invariant(
        "job_tally",
        "The tally of each job counts the cells of its images",
        "jobs",
        *_TALLY,
    ),
    pipeline_invariant(
        "job_items",
        "Each file of a job is an image, waits for its fetch, was refused, deleted or has expired",
        "jobs",
        {"$match": {"files": {"$exists": True}}},
        lookup("images", "_id", "job_id", {"$project": {"index": 1}}, to="images"),
        where(
            differ({"$size": _ITEMS}, "$files"),
            {"$not": {"$setEquals": [_ITEMS, {"$range": [0, "$files"]}]}},
        ),
    ),
    pipeline_invariant(
        "job_fetches",
        "URLs are kept, and due, only while they wait in an open job",
        "jobs",
        {"$match": {"by_url": True}},
        where(
            differ({"$in": [Status.QUEUED.value, _FETCHES_STATUS]}, has("$fetch")),
            differ({"$size": {"$ifNull": ["$fetches.url", []]}}, {"$size": _QUEUED_FETCHES}),
            {"$and": [has("$fetch"), {"$not": has("$due_at")}]},
            is_old("$fetch.due_at"),
        ),
    ),
    pipeline_invariant(
        "forgotten_jobs",
        "No job stays open after its images have ended",
        "jobs",
        where(is_old("$due_at")),
        lookup("images", "_id", "job_id", {"$match": IS_OPEN}, {"$limit": 1}, to="open"),
        {"$match": {"open": []}},
    ),
    pipeline_invariant(
        "user_deletions",
        "Ended deletes of users hold no data of the user",
        "user_deletions",
        where(
            differ(_IS_OPEN, has("$due_at")),
            differ(_IS_OPEN, has("$asked")),
            {"$eq": [_IS_OPEN, has("$finished_at")]},
        ),
    ),
    pipeline_invariant(
        "idempotency",
        "Each used Idempotency-Key has its job, or its answer",
        "idempotency",
        {"$match": {"answered.job_id": {"$gt": ""}, "answered.status": None}},
        lookup("jobs", "answered.job_id", "_id", to="job"),
        lookup("expired", "answered.job_id", "_id", to="note"),
        given({"$eq": ["$job", []]}, {"$eq": ["$note", []]}),
    ),
    pipeline_invariant(
        "expired",
        "Images with a note of expiry are deleted",
        "expired",
        {"$match": {"kind": "image"}},
        lookup("images", "_id", "_id", to="image"),
        {"$match": {"image": {"$ne": []}}},
    ),
]
