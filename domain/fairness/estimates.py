"""Estimates when a job ends, from the queued work and the measured pace.

The queue is fair between users, so the model is processor sharing: all users with open images get
equal shares of the pace until their images are done. Before image number ``n`` of one user ends,
``n`` images of every other user are done, or all that it has.

Source: L. Kleinrock, Queueing Systems, volume 2, section 4.4 (processor sharing).
"""

import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from itertools import accumulate

import msgspec

MIN_RETRY_SECONDS = 1
MAX_RETRY_SECONDS = 30
# No worker lives, or none has measured its pace yet; that can change at any moment.
UNKNOWN_RETRY_SECONDS = 5

MIN_POLL_MS = 20
MAX_POLL_MS = 1000 * MAX_RETRY_SECONDS
UNKNOWN_POLL_MS = 1000


class OpenJob(msgspec.Struct, frozen=True):
    """A job that has not ended, with the number of its open images.

    IDs are UUIDv7, so that jobs sort by the order of acceptance.
    """

    id: str
    user_id: str
    images: int


class QueuePlace(msgspec.Struct, frozen=True):
    """The place of a job in the queue."""

    position: int
    """Images that are processed before its first one."""
    eta_seconds: float | None
    """Seconds until its last one is done; None while no worker lives or has measured its pace."""


ENDED = QueuePlace(0, 0.0)


class Backlog:
    """All open jobs, those of each user in the order of acceptance.

    An estimate costs the logarithm of the number of users and jobs.
    """

    def __init__(self, jobs: Iterable[OpenJob]) -> None:
        self._ids: dict[str, list[str]] = {}
        self._images_until: dict[str, list[int]] = {}
        for job in sorted(jobs, key=lambda job: job.id):
            self._append(job)
        self._totals = sorted(until[-1] for until in self._images_until.values())
        self._sums: list[int] | None = None

    def place(self, job: OpenJob, images_per_second: float) -> QueuePlace:
        """Estimate when a job ends, at the pace of all workers together; 0.0 while unknown.

        A job that is newer than all others of its user is added to the backlog.
        """
        ids = self._ids.get(job.user_id, [])
        index = bisect_left(ids, job.id)
        if index == len(ids):
            self._add(job)
        own_before = self._images_until[job.user_id][index - 1] if index else 0
        position = own_before + self._images_of_others(job.user_id, own_before)
        own = own_before + job.images
        until_done = own + self._images_of_others(job.user_id, own)
        eta = until_done / images_per_second if images_per_second else None
        return QueuePlace(position, eta)

    def _append(self, job: OpenJob) -> None:
        until = self._images_until.setdefault(job.user_id, [])
        until.append(job.images + (until[-1] if until else 0))
        self._ids.setdefault(job.user_id, []).append(job.id)

    def _add(self, job: OpenJob) -> None:
        if before := self._images_until.get(job.user_id):
            del self._totals[bisect_left(self._totals, before[-1])]
        self._append(job)
        insort(self._totals, self._images_until[job.user_id][-1])
        self._sums = None

    def _images_of_others(self, user_id: str, images: int) -> int:
        """Count the images of other users that are done while this number of one user is."""
        if self._sums is None:
            self._sums = list(accumulate(self._totals, initial=0))
        smaller = bisect_right(self._totals, images)
        of_all = self._sums[smaller] + images * (len(self._totals) - smaller)
        return of_all - min(self._images_until[user_id][-1], images)


def retry_after(eta_seconds: float | None) -> int:
    """Choose when to ask again, in whole seconds, 1 to 30."""
    if eta_seconds is None:
        return UNKNOWN_RETRY_SECONDS
    return max(MIN_RETRY_SECONDS, min(MAX_RETRY_SECONDS, math.ceil(eta_seconds)))


def poll_after_ms(eta_seconds: float | None) -> int:
    """Choose when to ask again, in milliseconds, 20 to 30,000; small jobs end within a second."""
    if eta_seconds is None:
        return UNKNOWN_POLL_MS
    return max(MIN_POLL_MS, min(MAX_POLL_MS, math.ceil(1000 * eta_seconds)))
