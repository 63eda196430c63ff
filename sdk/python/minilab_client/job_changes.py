"""A change of a job, as it is followed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .models.job_progress import JobProgress
from .models.status import Status


@dataclass(frozen=True)
class JobChange:
    """A job without its items.

    Attributes:
        id: ID of the job.
        status: Status of the job.
        version: Grows with every change.
        progress: Numbers of operations.
        finished_at: When the job ended; None while it is unfinished.
    """

    id: str
    status: Status
    version: int
    progress: JobProgress
    finished_at: datetime | None

    @classmethod
    def of(cls, source: Any) -> JobChange:
        """Build it from a job or from the data of an event."""
        return cls(
            source.id, source.status, source.version, source.progress, source.finished_at or None
        )
