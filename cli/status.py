"""The command ``minilab status``: shows a job, or the service and its latest jobs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from cli import options
from cli.groups import examples
from cli.jobs import COLUMNS, get_job_of
from cli.paging import tabulate
from cli.rendering import size, status, table, text
from cli.session import Session, connected, given
from cli.waiting import has_failed, print_job, read_readiness, show_waiting

if TYPE_CHECKING:
    from minilab_client.models import JobSummaryPage, Readiness

_LATEST_JOBS = 10


@click.command(
    name="status",
    epilog=examples("minilab status", "minilab status 01a22889-a324-7c2c-8d1a-8e7b7128c870 --wait"),
)
@click.argument("job_id", type=options.ID, required=False)
@click.option("--wait", is_flag=True, help="Wait for the end of the job.")
@options.user_id
@connected
def show_status(session: Session, job_id: str | None, wait: bool, user_id: str | None) -> None:
    """Show a job; without an ID, the service and its latest jobs.

    Exits with 1 if a file of the job has failed, or if the service is not ready.
    """
    if job_id is None:
        _show_service(session, user_id)
        return
    job = get_job_of(session, job_id, user_id)
    if wait:
        (job,) = show_waiting(session, [job], user_id)
    print_job(session, job)
    session.exit_if(has_failed(job))


def _show_service(session: Session, user_id: str | None) -> None:

    readiness = read_readiness(session)
    page = session.minilab.jobs.list_jobs(limit=_LATEST_JOBS, user_id=given(user_id))
    if session.json_wanted:
        session.print_json({"readiness": readiness.to_dict(), "jobs": page.to_dict()["items"]})
    else:
        _print_service(session, readiness, page)
    session.exit_if(readiness.status != "ready")


def _with_sizes(detail: str) -> str:
    """Write the numbers of bytes in a text for people."""
    return re.sub(r"(\d{4,}) bytes", lambda found: size(int(found[1])), detail)


def _print_service(session: Session, readiness: Readiness, page: JobSummaryPage) -> None:
    from minilab_client.models import ReadinessDetails
    from minilab_client.types import Unset

    parts = table("part", "status", "")
    details = readiness.details  # Shown to admin keys only.
    if isinstance(details, Unset):
        session.note(f"The service is {readiness.status}. Details require an admin key.")
        details = ReadinessDetails()
    for name, part in details.additional_properties.items():
        parts.add_row(name, status(part.status.value), text(_with_sizes(part.detail)))
    session.print(parts, "", tabulate(page.items, COLUMNS))
