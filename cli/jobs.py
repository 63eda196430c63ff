"""Jobs: prints them, and waits for their end with a progress bar."""

from collections.abc import Iterable, Sequence

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from cli.rendering import status, table, text
from cli.session import Session, answer_of
from minilab_client.api.jobs import get_job
from minilab_client.models import Job, JobItem
from minilab_client.models import Status as State

# The bar moves this often; the end of a job is answered at once.
_WAIT_SECONDS = 1


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
    session.print(f"job {job.id}: {job.status}, {done}", shown)


def marked(item: JobItem) -> Text:
    """Return the status of a file, with its warnings behind it."""
    shown = status(item.status.value)
    return shown.append(f" ({', '.join(item.warnings)})") if item.warnings else shown


def has_failed(job: Job) -> bool:
    """Check whether a file was refused or has failed, or the job was canceled."""
    if any(item.error is not None for item in job.items):
        return True
    return job.finished_at is not None and job.status is not State.SUCCEEDED


def show_waiting(session: Session, jobs: Sequence[Job]) -> list[Job]:
    """Wait until all jobs have ended, and show their progress; return the ended jobs in order.

    Raises:
        RefusedError: The service refused to show a job.
        UnreachableError: The service cannot answer now.
    """
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
            while latest[job.id].finished_at is None:
                response = get_job.sync_detailed(
                    job.id, client=session.client, prefer=f"wait={_WAIT_SECONDS}"
                )
                latest[job.id] = answer_of(Job, response)
                bars.update(bar, completed=_ended(latest.values()))
        bars.update(bar, completed=_ended(latest.values()))
    return list(latest.values())


def _ended(jobs: Iterable[Job]) -> int:
    return sum(job.progress.done + job.progress.failed for job in jobs)
