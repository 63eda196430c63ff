"""Deletes one image."""

import msgspec

from domain.jobs import JobChange


class Deleted(msgspec.Struct, frozen=True):
    """What others have to be told of an image that was deleted.

    Attributes:
        job_id: The job that it came in with.
        was_open: Whether it had not ended: a worker may hold it.
        changes: The job's change, if it is still there.
    """

    job_id: str
    was_open: bool
    changes: list[JobChange]
