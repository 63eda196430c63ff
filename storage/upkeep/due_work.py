"""Work that is due and that nobody may know of: its notice was lost, or its worker."""

from enum import StrEnum

from storage.batches.batches import BATCHES
from storage.clock import utc_now
from storage.ledger.fetches import fetches_due
from storage.mongo.client import Database
from storage.mongo.looks import Look, find_kinds
from storage.removal.user_deletion import deletions_due


class Work(StrEnum):
    """A kind of work."""

    IMAGES = "images"
    """Images that no worker has claimed in time, or whose lease has expired."""
    JOBS = "jobs"
    """Jobs that may have to be settled."""
    FETCHES = "fetches"
    """Jobs with URLs to fetch."""
    DELETIONS = "deletions"
    """Deletions of users."""
    BATCHES = "batches"
    """Batches that have not ended."""


ALL_WORK = frozenset(Work)


class DueWork:
    """Finds work that is due."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self) -> frozenset[Work]:
        """Find the kinds of which something is due, with one call.

        Raises:
            PyMongoError: MongoDB cannot be reached.
        """
        now = utc_now()
        before_now = {"due_at": {"$lt": now}}
        looks = {
            Work.IMAGES.value: Look("images", before_now),
            Work.JOBS.value: Look("jobs", before_now),
            Work.FETCHES.value: Look("jobs", fetches_due(now)),
            Work.DELETIONS.value: Look("user_deletions", deletions_due(now)),
            Work.BATCHES.value: Look(BATCHES, before_now),
        }
        return frozenset(Work(kind) for kind in await find_kinds(self._database, looks))
