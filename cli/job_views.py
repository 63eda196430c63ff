"""Jobs as commands print them."""

from cli.rendering import status, table, text
from cli.session import Session
from minilab_client.models import Job
from minilab_client.models import Status as State


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
        shown.add_row(text(item.filename), status(item.status.value), text(error or item.image_id))
    session.print(f"job {job.id}: {job.status}, {done}", shown)


def has_failed(job: Job) -> bool:
    """Check whether a file was refused or has failed, or the job was canceled."""
    if any(item.error is not None for item in job.items):
        return True
    return job.finished_at is not None and job.status is not State.SUCCEEDED
