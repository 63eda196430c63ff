"""Schemas of live events: a job without its items."""

from datetime import datetime

import msgspec

from api.schemas.jobs import JobProgressView, view_progress
from domain.jobs import TERMINAL, Status
from domain.records import Job

CHANGED = "job.changed"
FINISHED = "job.finished"


class JobChangeView(msgspec.Struct, frozen=True):
    """The data of `job.changed` and `job.finished`: the job without its items."""

    id: str
    """ID of the job."""
    status: Status
    version: int
    """Grows with every change of the job; also the `id` of the event."""
    finished_at: datetime | None
    progress: JobProgressView


class JobGoneView(msgspec.Struct, frozen=True):
    """The data of `job.gone`: the job was deleted or expired."""

    id: str
    """ID of the job."""
    code: str
    """Error code that the job answers from now on: `not_found` or `job_expired`."""


def event_name(job: Job) -> str:
    """Name the event for the current status of a job."""
    return FINISHED if job.status in TERMINAL else CHANGED


def view_change(job: Job) -> JobChangeView:
    """Convert a job without its items."""
    return JobChangeView(job.id, job.status, job.version, job.finished_at, view_progress(job))
