"""Waits for the end of jobs, with a progress bar."""

from collections.abc import Iterable, Sequence

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from cli.session import Session, answer_of
from minilab_client.api.jobs import get_job
from minilab_client.models import Job

# The bar moves this often; the end of a job is answered at once.
_WAIT_SECONDS = 1


def show_waiting(session: Session, jobs: Sequence[Job]) -> list[Job]:
    """Wait until all jobs have ended, and show their progress.

    Returns:
        The ended jobs, in the same order.

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
