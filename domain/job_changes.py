"""Changes of jobs, as workers tell them to the processes that follow jobs."""

from datetime import datetime

import msgspec

from domain.claims import FinishedImage
from domain.jobs import Status, Tally
from domain.records import Cell, Item, ItemError, Job


class OnlyImage(msgspec.Struct, frozen=True):
    """The end of a job by the end of its only image.

    Attributes:
        finished_at: Of the job, UTC.
        tally: Of the job.
        status: Of the image, as the fields that follow.
    """

    finished_at: datetime
    tally: Tally
    image_id: str
    status: Status
    cells: dict[str, Cell]
    error: ItemError | None
    warnings: tuple[str, ...]


class JobChange(msgspec.Struct, frozen=True):
    """The state of a job after a change, as subscribers receive it.

    Attributes:
        end: All that has changed, where it is the end of the only image.
    """

    job_id: str
    version: int
    status: Status
    end: OnlyImage | None = None


def end_of(image: FinishedImage, tally: Tally, finished_at: datetime) -> OnlyImage:
    """Describe the end of a job by the end of its only image."""
    warnings = tuple(image.facts.get("warnings", ()))
    return OnlyImage(finished_at, tally, image.id, image.status, image.cells, image.error, warnings)


def apply_change(
    change: JobChange | None, job: Job, items: list[Item]
) -> tuple[Job, list[Item]] | None:
    """Return a job and its items after a change.

    Returns:
        None if the change does not say it all, or if there was another one before it.
    """
    if change is None or change.end is None or change.version != job.version + 1:
        return None
    end = change.end
    ended = msgspec.structs.replace(
        job,
        status=change.status,
        version=change.version,
        finished_at=end.finished_at,
        tally=end.tally,
    )
    fields = {name: getattr(end, name) for name in ("status", "cells", "error", "warnings")}
    return ended, [
        msgspec.structs.replace(item, **fields) if item.image_id == end.image_id else item
        for item in items
    ]
