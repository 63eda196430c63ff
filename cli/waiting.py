"""Waits for the end of jobs with a progress bar, and prints jobs."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from cli.address import not_a_service
from cli.interruption import forget_job, remember_job
from cli.rendering import status, table, text
from cli.session import Session, given

if TYPE_CHECKING:
    from minilab_client.models import Job, JobItem, Readiness

# The bar moves this often; the end of a job is answered at once.
_WAIT_SECONDS = 1
# A service with a worker begins sooner, unless it is busy.
PATIENCE_SECONDS = 5.0
NO_WORKER = (
    "No worker is running, so nothing is processed yet: start one with `make run` or "
    "`python -m tasks`."
)


def print_job(session: Session, job: Job) -> None:
    """Print a job with its files."""
    if session.json_wanted:
        session.print_json(job)
        return
    progress = job.progress
    done = f"{progress.done} of {progress.total} operations done"
    shown = table("file", "status", "image or error", whole=["image or error"])
    for item in job.items:
        error = item.error.title if item.error else None
        shown.add_row(text(item.filename), marked(item), text(error or item.image_id))
    session.print(f"job {job.id}: {job.status.value}, {done}", shown)


def print_jobs(session: Session, jobs: Sequence[Job]) -> None:
    """Print jobs: with JSON, a job as it is, and several in one document."""
    if session.json_wanted and len(jobs) > 1:
        session.print_json({"jobs": [job.to_dict() for job in jobs]})
        return
    for job in jobs:
        print_job(session, job)


def marked(item: JobItem) -> Text:
    """Return the status of a file, with its warnings behind it."""
    shown = status(item.status.value)
    return shown.append(f" ({', '.join(item.warnings)})") if item.warnings else shown


def has_failed(job: Job) -> bool:
    """Check whether a file was refused or has failed, or the job was canceled."""
    if any(item.error is not None for item in job.items):
        return True
    return job.finished_at is not None and job.status.value != "succeeded"


def show_waiting(session: Session, jobs: Sequence[Job], user_id: str | None = None) -> list[Job]:
    """Wait until all jobs have ended, and show their progress; return the ended jobs in order.

    Raises:
        RefusedError: The service refused to show a job.
        UnreachableError: The service cannot answer now.
    """
    patience = _Patience(session)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("operations"),
        console=session.progress,
    ) as bars:
        bar = bars.add_task("Processing", total=sum(job.progress.total for job in jobs))
        latest = {job.id: job for job in jobs}
        for job in jobs:
            remember_job(job.id)
        for job in jobs:
            while latest[job.id].finished_at is None:
                latest[job.id] = session.minilab.jobs.get_job(
                    job.id,
                    user_id=given(user_id),
                    prefer=f"wait={_WAIT_SECONDS}",
                )
                bars.update(bar, completed=_ended(latest.values()))
                patience.look(latest[job.id])
            forget_job(job.id)
        bars.update(bar, completed=_ended(latest.values()))
    return list(latest.values())


class _Patience:
    """Says once that no worker is running, if nothing begins."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._until: float | None = time.monotonic() + PATIENCE_SECONDS

    def look(self, job: Job) -> None:
        """Look whether the work on a job has begun."""
        if self._until is None or job.status.value != "queued":
            self._until = None
        elif time.monotonic() > self._until:
            self._until = None
            if read_readiness(self._session).workers == 0:
                self._session.note(NO_WORKER)


def read_readiness(session: Session) -> Readiness:
    """Ask the service whether it is ready.

    Raises:
        UnreachableError: It does not tell.
    """
    from minilab_client import AuthenticatedClient
    from minilab_client.api.service import get_readiness

    # The layer above raises what is no success, and a service that is not ready answers with 503.
    with AuthenticatedClient(base_url=session.url, token=session.key.secret) as client:
        readiness = get_readiness.sync(client=client)
    if readiness is None:
        raise not_a_service(session.url, "does not say whether it is ready")
    return readiness


def _ended(jobs: Iterable[Job]) -> int:
    return sum(job.progress.done + job.progress.failed for job in jobs)
