"""The command ``minilab status``: shows a job, or the service and its latest jobs."""

import click

from cli.jobs import has_failed, print_job, show_waiting
from cli.rendering import status, table, text, when
from cli.session import Session, answer_of, speaking
from minilab_client.api.jobs import get_job, list_jobs
from minilab_client.api.service import get_readiness
from minilab_client.models import Job, JobSummaryPage, Readiness, ReadinessDetails
from minilab_client.types import Unset

_LATEST_JOBS = 10


@click.command(name="status")
@click.argument("job_id", required=False)
@click.option("--wait", is_flag=True, help="Wait for the end of the job.")
@speaking
def show_status(session: Session, job_id: str | None, wait: bool) -> None:
    """Show a job; without an ID, the service and its latest jobs.

    Exits with 1 if a file of the job has failed, or if the service is not ready.
    """
    if job_id is None:
        _show_service(session)
        return
    job = answer_of(Job, get_job.sync_detailed(job_id, client=session.client))
    if wait:
        (job,) = show_waiting(session, [job])
    print_job(session, job)
    session.exit_if(has_failed(job))


def _show_service(session: Session) -> None:
    readiness = answer_of(Readiness, get_readiness.sync_detailed(client=session.client))
    page = answer_of(
        JobSummaryPage, list_jobs.sync_detailed(client=session.client, limit=_LATEST_JOBS)
    )
    if session.json_wanted:
        session.print_json({"readiness": readiness.to_dict(), "jobs": page.to_dict()["items"]})
    else:
        _print_service(session, readiness, page)
    session.exit_if(readiness.status != "ready")


def _print_service(session: Session, readiness: Readiness, page: JobSummaryPage) -> None:
    parts = table("part", "status", "")
    details = readiness.details  # Shown to admin keys only.
    if isinstance(details, Unset):
        session.note(f"The service is {readiness.status}. Details require an admin key.")
        details = ReadinessDetails()
    for name, part in details.additional_properties.items():
        parts.add_row(name, status(part.status.value), text(part.detail))
    columns = ("done", "failed", "total")
    jobs = table("job", "status", *columns, "user", "created", whole=["job"], right=columns)
    for job in page.items:
        jobs.add_row(
            text(job.id),
            status(job.status.value),
            *(text(getattr(job.progress, column)) for column in columns),
            text(job.user_id),
            when(job.created_at),
        )
    session.print(parts, "", jobs)
