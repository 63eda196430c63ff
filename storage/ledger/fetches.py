"""URLs of jobs that workers fetch: they wait in the documents of their jobs.

A job that has URLs to fetch has the field ``fetch``. Its ``due_at`` is the time from which a
worker may claim them, and during a claim the end of its lease. Each URL is an entry of ``fetches``
until it becomes an image or a refused file, in the write that removes the entry. So the tally of
the job counts each file once, whatever dies.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import msgspec
from pymongo import ASCENDING, IndexModel, ReturnDocument

from domain.jobs import Status
from domain.quotas import Quota
from domain.records import Cell, GpsPolicy, Item, ItemError
from storage.clock import new_id, utc_now
from storage.mongo.client import DURABLE, Database, Document

HAS_FETCH = {"fetch": {"$exists": True}}
FETCH_INDEXES = {
    "jobs": [
        IndexModel([("fetch.due_at", ASCENDING)], name="fetches", partialFilterExpression=HAS_FETCH)
    ]
}


def fetches_due(now: datetime) -> Document:
    """Return the filter of jobs with URLs that are due."""
    # Without the first condition MongoDB does not use the index, and reads all jobs.
    return {**HAS_FETCH, "fetch.due_at": {"$lte": now}}


class FetchedFile(msgspec.Struct, frozen=True):
    """A file that a worker fetches; its position among the files of the job counts from 0."""

    index: int
    filename: str
    url: str


class FetchClaim(msgspec.Struct, frozen=True):
    """The claim of a worker on the URLs of a job, given with the document of the job."""

    job: Document
    claim_id: str

    @property
    def job_id(self) -> str:
        """ID of the job."""
        return str(self.job["_id"])

    @property
    def held(self) -> Document:
        """A filter: the job, while the claim holds."""
        return {"_id": self.job_id, "fetch.claim_id": self.claim_id}

    def of_file(self, index: int) -> Document:
        """Return a filter: the job, while the claim holds and the file waits."""
        return self.held | {"fetches.index": index}


class ClaimedFetches(msgspec.Struct, frozen=True):
    """The URLs of a job that a worker holds.

    Attributes:
        attempts: How often they were claimed, this claim included; interrupted claims do not count.
    """

    claim: FetchClaim
    files: list[FetchedFile]
    gps: GpsPolicy
    quota: Quota | None
    attempts: int

    @property
    def owner(self) -> str:
        """Stored ID of the user."""
        return str(self.claim.job["user_id"])


class Fetches:
    """Claims URLs and ends them."""

    def __init__(self, database: Database, lease_seconds: float) -> None:
        self._jobs = database["jobs"].with_options(write_concern=DURABLE)
        self._lease = timedelta(seconds=lease_seconds)

    async def claim(self, busy_owners: Collection[str]) -> ClaimedFetches | None:
        """Claim the URLs of the job that is due longest; None if no job is due.

        Jobs of some owners, who have enough, are left to other workers.
        """
        now, claim_id = utc_now(), new_id()
        claimed: Document | None = await self._jobs.find_one_and_update(
            {**fetches_due(now), "user_id": {"$nin": list(busy_owners)}},
            {
                "$set": {"fetch.claim_id": claim_id, "fetch.due_at": now + self._lease},
                "$inc": {"fetch.attempts": 1},
            },
            sort=[("fetch.due_at", 1)],
            return_document=ReturnDocument.AFTER,
        )
        return None if claimed is None else _read_claim(claimed, claim_id)

    async def renew(self, claim: FetchClaim) -> bool:
        """Extend a claim by a lease; False if it was lost: the job was canceled or taken over."""
        renewed = await self._jobs.update_one(
            claim.held, {"$set": {"fetch.due_at": utc_now() + self._lease}}
        )
        return renewed.matched_count == 1

    async def release(self, claim: FetchClaim, *, count_attempt: bool) -> None:
        """Make the URLs that are left available to every worker."""
        update: Document = {"$set": {"fetch.due_at": utc_now()}, "$unset": {"fetch.claim_id": ""}}
        if not count_attempt:
            update["$inc"] = {"fetch.attempts": -1}
        await self._jobs.update_one(claim.held, update)

    async def refuse(self, claim: FetchClaim, index: int, filename: str, error: ItemError) -> bool:
        """End a URL as a refused file, durably; False if the claim was lost."""
        refused = {"index": index, "filename": filename, "error": msgspec.to_builtins(error)}
        entry = {"$literal": refused}
        cells = {"$size": "$operations"}
        fields = {
            "refused": {"$concatArrays": ["$refused", [entry]]},
            "tally.refused": {"$add": ["$tally.refused", cells]},
            "tally.waiting": {"$subtract": ["$tally.waiting", cells]},
        }
        result = await self._jobs.update_one(claim.of_file(index), ending_entry(index, fields))
        return result.modified_count == 1


def ending_entry(index: int, fields: Document) -> list[Document]:
    """Return the update of a job that removes the entry of a URL, and sets fields.

    The last entry takes the claim with it. The version grows, so that a tally which was read
    before is not written.
    """
    left = {"$filter": {"input": "$fetches", "cond": {"$ne": ["$$this.index", index]}}}
    waits = {"$in": [Status.QUEUED.value, "$fetches.status"]}
    return [
        {"$set": {"fetches": left, "version": {"$add": ["$version", 1]}} | fields},
        {"$set": {"fetch": {"$cond": [waits, "$fetch", "$$REMOVE"]}}},
    ]


def canceling_entries() -> list[Document]:
    """Return the update of a job that cancels the URLs that wait, and forgets them."""
    canceled = {
        "index": "$$this.index",
        "filename": "$$this.filename",
        "status": Status.CANCELED.value,
    }
    return [
        {
            "$set": {
                "fetches": {"$map": {"input": "$fetches", "in": canceled}},
                "version": {"$add": ["$version", 1]},
            }
        },
        {"$unset": "fetch"},
    ]


def fetch_fields(
    files: Collection[FetchedFile], gps: GpsPolicy, quota: Quota | None, now: datetime
) -> Document:
    """Make the fields of a job whose URLs may be claimed now."""
    queued = {"status": Status.QUEUED.value}
    return {
        "by_url": True,
        "fetches": [msgspec.to_builtins(file) | queued for file in files],
        "fetch": {
            "due_at": now,
            "attempts": 0,
            "gps": gps.value,
            "quota": msgspec.to_builtins(quota),
        },
    }


def pending_items(job: Document) -> list[Item]:
    """Give the items of a job that are no image yet, and those that were canceled before."""
    return [
        Item(
            entry["index"],
            entry["filename"],
            Status(entry["status"]),
            dict.fromkeys(job["operations"], Cell(Status(entry["status"]))),
        )
        for entry in job.get("fetches", ())
    ]


def _read_claim(job: Document, claim_id: str) -> ClaimedFetches:
    fetch: dict[str, Any] = job["fetch"]
    waiting = [entry for entry in job["fetches"] if entry["status"] == Status.QUEUED]
    return ClaimedFetches(
        FetchClaim(job, claim_id),
        msgspec.convert(waiting, list[FetchedFile]),
        GpsPolicy(fetch["gps"]),
        msgspec.convert(fetch["quota"], Quota | None),
        fetch["attempts"],
    )
