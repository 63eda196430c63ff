"""Following jobs to their end."""

from collections.abc import Iterable, Sequence

from rich.progress import Progress, TaskID

from cli.session import Session, answer_of
from minilab_client.api.jobs import get_job
from minilab_client.models import Job

# How often the bar moves; the end of a job is answered at once.
_WAIT_SECONDS = 1


def wait_for(session: Session, jobs: Sequence[Job], bars: Progress, bar: TaskID) -> list[Job]:
    """Follow jobs until all have ended.

    Args:
        session: The service.
        jobs: Any that were accepted.
        bars: Where the operations on their images are shown.
        bar: The bar that counts them.

    Returns:
        The jobs as they ended, in the same order.
    """
    latest = {job.id: job for job in jobs}
    bars.update(bar, total=sum(job.progress.total for job in jobs))
    for job in jobs:
        while latest[job.id].finished_at is None:
            latest[job.id] = answer_of(
                Job,
                get_job.sync_detailed(
                    job.id, client=session.client, prefer=f"wait={_WAIT_SECONDS}"
                ),
            )
            bars.update(bar, completed=_ended(latest.values()))
    bars.update(bar, completed=_ended(latest.values()))
    return list(latest.values())


def _ended(jobs: Iterable[Job]) -> int:
    return sum(job.progress.done + job.progress.failed for job in jobs)
