"""What a listener is told: no more than tells whether to read the job."""

from datetime import datetime

import msgspec

from api.schemas.jobs import JobProgressView, view_progress
from domain.jobs import TERMINAL, Status
from domain.records import Job

CHANGED = "job.changed"
FINISHED = "job.finished"


class JobChangeView(msgspec.Struct, frozen=True):
    """The data of `job.changed` and `job.finished`: the job as it stands, without its items."""

    id: str
    """The job."""
    status: Status
    version: int
    """Grows with every change; also the `id` of the event."""
    finished_at: datetime | None
    progress: JobProgressView


class JobGoneView(msgspec.Struct, frozen=True):
    """The data of `job.gone`: the job was deleted or has expired."""

    id: str
    """The job."""
    code: str
    """What its status route answers from now on: `not_found` or `job_expired`."""


def event_name(job: Job) -> str:
    """Name the event that tells of a state."""
    return FINISHED if job.status in TERMINAL else CHANGED


def view_change(job: Job) -> JobChangeView:
    """Show a job to a listener."""
    return JobChangeView(job.id, job.status, job.version, job.finished_at, view_progress(job))
