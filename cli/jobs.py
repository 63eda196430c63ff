"""The commands ``minilab jobs``: lists, shows, waits for, cancels and retries jobs."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from cli import options
from cli.groups import Commands, examples
from cli.marks import changes, marks, read_changes, read_filters
from cli.paging import Column, show_list
from cli.rendering import day, status
from cli.session import Session, connected, given
from cli.waiting import has_failed, print_job, print_jobs, show_waiting

COLUMNS = (
    Column("job", lambda job: job.id, is_whole=True),
    Column("status", lambda job: status(job.status.value)),
    Column("done", lambda job: job.progress.done, is_number=True),
    Column("failed", lambda job: job.progress.failed, is_number=True),
    Column("total", lambda job: job.progress.total, is_number=True),
    Column("user", lambda job: job.user_id),
    Column("created", lambda job: day(job.created_at)),
)
_job_id = click.argument("job_id", type=options.ID)


@click.group(cls=Commands, lazy={"archive": "cli.archive:job_archive"})
def jobs() -> None:
    """List, show, wait for, cancel and retry jobs.

    An upload of files is a job.
    """


@jobs.command(
    name="list",
    epilog=examples("minilab jobs list --status failed", "minilab jobs list --user-id u1 --all"),
)
@options.user_id
@options.tenant
@click.option("--status", type=options.STATUS, help="Only jobs with this status.")
@marks
@options.limit
@options.everything
@connected
def list_(session: Session, limit: int, everything: bool, **filters: Any) -> None:
    """List jobs, the latest first."""
    chosen = read_filters(filters)
    fetch = partial(session.minilab.jobs.iterate_jobs, **chosen)
    show_list(session, fetch, COLUMNS, most=None if everything else limit)


@jobs.command(epilog=examples("minilab jobs show 01a22889-a324-7c2c-8d1a-8e7b7128c870"))
@_job_id
@options.user_id
@connected
def show(session: Session, job_id: str, user_id: str | None) -> None:
    """Show a job with its files. Exits with 1 if a file has failed."""
    job = get_job_of(session, job_id, user_id)
    print_job(session, job)
    session.exit_if(has_failed(job))


@jobs.command(
    epilog=examples("minilab jobs update 01a22889-a324-7c2c-8d1a-8e7b7128c870 --add-tag holiday")
)
@_job_id
@options.user_id
@changes
@connected
def update(session: Session, job_id: str, user_id: str | None, **changed: Any) -> None:
    """Change the external ID, tags and attributes of a job."""
    marks_of_job = read_changes(changed)
    job = session.minilab.jobs.update_job(job_id, body=marks_of_job, user_id=given(user_id))
    print_job(session, job)


@jobs.command(epilog=examples("minilab jobs wait 01a22889-a324-7c2c-8d1a-8e7b7128c870"))
@click.argument("job_ids", type=options.ID, nargs=-1, required=True)
@options.user_id
@connected
def wait(session: Session, job_ids: tuple[str, ...], user_id: str | None) -> None:
    """Wait until jobs have ended. Exits with 1 if a file has failed."""
    found = [get_job_of(session, job_id, user_id) for job_id in job_ids]
    ended = show_waiting(session, found, user_id)
    print_jobs(session, ended)
    session.exit_if(any(has_failed(job) for job in ended))


@jobs.command(epilog=examples("minilab jobs cancel 01a22889-a324-7c2c-8d1a-8e7b7128c870"))
@_job_id
@options.user_id
@connected
def cancel(session: Session, job_id: str, user_id: str | None) -> None:
    """Cancel what a job has not begun. Results that exist stay."""
    print_job(session, session.minilab.jobs.cancel_job(job_id, user_id=given(user_id)))


@jobs.command(epilog=examples("minilab jobs retry 01a22889-a324-7c2c-8d1a-8e7b7128c870 --wait"))
@_job_id
@options.user_id
@click.option("--wait", "wanted_end", is_flag=True, help="Wait for the end of the job.")
@connected
def retry(session: Session, job_id: str, user_id: str | None, wanted_end: bool) -> None:
    """Process the failed images of a job again."""
    job = session.minilab.jobs.retry_job(job_id, user_id=given(user_id))
    if wanted_end:
        (job,) = show_waiting(session, [job], user_id)
    print_job(session, job)
    session.exit_if(wanted_end and has_failed(job))


def get_job_of(session: Session, job_id: str, user_id: str | None = None) -> Any:
    """Get a job."""
    return session.minilab.jobs.get_job(job_id, user_id=given(user_id))
