"""``minilab upload`` and ``minilab status``: dropping files off, and following the ticket."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from cli.exits import SOMETHING_WRONG
from cli.rendering import NOTHING, status, table, text, when
from cli.session import Session, answer_of, speaking
from cli.uploading import choose, divide, send
from cli.waiting import wait_for
from minilab_client.api.images import get_image
from minilab_client.api.jobs import get_job, list_jobs
from minilab_client.api.service import get_capabilities, get_readiness
from minilab_client.models import (
    Capabilities,
    CreateJobBody,
    GpsPolicy,
    Image,
    Job,
    JobSummaryPage,
    Readiness,
)
from minilab_client.models import Status as State
from minilab_client.types import UNSET

_RECENT_JOBS = 10


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--wait", is_flag=True, help="Wait for the results, and show them.")
@click.option("--operations", metavar="LIST", help="Comma list of operations; else all.")
@click.option("--user-id", help="Whose images these are; required with a service key.")
@click.option(
    "--gps",
    type=click.Choice([policy.value for policy in GpsPolicy]),
    help="What becomes of positions.",
)
@click.option("--callback-url", help="Where the end of each job is told, as a signed webhook.")
@speaking
def upload(
    session: Session,
    paths: tuple[Path, ...],
    wait: bool,
    operations: str | None,
    user_id: str | None,
    gps: str | None,
    callback_url: str | None,
) -> None:
    """Upload files, and the pictures in folders.

    Exits with 1 where a file was refused or, with --wait, has failed.
    """
    files = choose(paths)
    fields = CreateJobBody(
        files=[],
        operations=operations or UNSET,
        user_id=user_id or UNSET,
        gps=GpsPolicy(gps) if gps else UNSET,
        callback_url=callback_url or UNSET,
    )
    limits = answer_of(Capabilities, get_capabilities.sync_detailed(client=session.client)).limits
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=session.progress,
    ) as bars:
        bar = bars.add_task(f"Uploading {len(files)} files", total=sum(f.size_bytes for f in files))
        jobs = [send(session, request, fields, bars, bar) for request in divide(files, limits)]
    if wait:
        jobs = _wait(session, jobs)
        images = _images_of(session, jobs)
        _print_results(session, jobs, images)
    elif session.json_wanted:
        session.print_json({"jobs": [job.to_dict() for job in jobs]})
    else:
        for job in jobs:
            session.print(_headline(job), _job_table(job))
    if any(not _is_right(job) for job in jobs):
        raise click.exceptions.Exit(SOMETHING_WRONG)


@click.command(name="status")
@click.argument("job_id", required=False)
@click.option("--wait", is_flag=True, help="Wait for the end of the job.")
@speaking
def show_status(session: Session, job_id: str | None, wait: bool) -> None:
    """Show how a job is; without one, how the service is and what came last.

    Exits with 1 where a file of the job has failed, or the service is not ready.
    """
    if job_id is None:
        _show_service(session)
        return
    job = answer_of(Job, get_job.sync_detailed(job_id, client=session.client))
    if wait:
        (job,) = _wait(session, [job])
    if session.json_wanted:
        session.print_json(job)
    else:
        session.print(_headline(job), _job_table(job))
    if not _is_right(job):
        raise click.exceptions.Exit(SOMETHING_WRONG)


def _show_service(session: Session) -> None:
    readiness = answer_of(Readiness, get_readiness.sync_detailed(client=session.client))
    page = answer_of(
        JobSummaryPage, list_jobs.sync_detailed(client=session.client, limit=_RECENT_JOBS)
    )
    if session.json_wanted:
        session.print_json({"readiness": readiness.to_dict(), "jobs": page.to_dict()["items"]})
    else:
        parts = table("part", "status", "")
        for name, part in readiness.details.additional_properties.items():
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
    if readiness.status != "ready":
        raise click.exceptions.Exit(SOMETHING_WRONG)


def _wait(session: Session, jobs: Sequence[Job]) -> list[Job]:
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("operations"),
        console=session.progress,
    ) as bars:
        return wait_for(session, jobs, bars, bars.add_task("Processing", total=None))


def _images_of(session: Session, jobs: Sequence[Job]) -> dict[str, Image]:
    """Read the images of jobs; one that was deleted meanwhile is none of them."""
    images = {}
    for job in jobs:
        for item in job.items:
            if item.image_id is not None:
                response = get_image.sync_detailed(item.image_id, client=session.client)
                if isinstance(response.parsed, Image):
                    images[item.image_id] = response.parsed
    return images


def _print_results(session: Session, jobs: Sequence[Job], images: Mapping[str, Image]) -> None:
    if session.json_wanted:
        found = [image.to_dict() for image in images.values()]
        session.print_json({"jobs": [job.to_dict() for job in jobs], "images": found})
        return
    columns = ("file", "status", "format", "pixels", "faces", "camera or error")
    results = table(*columns, right=["pixels", "faces"])
    for job in jobs:
        for item in job.items:
            image = images.get(item.image_id or "")
            results.add_row(
                text(item.filename),
                status(item.status.value),
                *(_findings(image) if image else (NOTHING, NOTHING, NOTHING)),
                text(item.error.title if item.error else image and _camera(image)),
            )
    session.print(results)


def _findings(image: Image) -> tuple[str, str, str]:
    pixels = f"{image.width} × {image.height}" if image.width else NOTHING
    faces = NOTHING if image.faces is None else str(len(image.faces))
    return image.format_, pixels, faces


def _camera(image: Image) -> str | None:
    return (image.metadata.camera_model or None) if image.metadata else None


def _headline(job: Job) -> str:
    progress = job.progress
    return f"job {job.id}: {job.status}, {progress.done} of {progress.total} operations done"


def _job_table(job: Job) -> Table:
    shown = table("file", "status", "image or error", whole=["image or error"])
    for item in job.items:
        error = item.error.title if item.error else None
        shown.add_row(text(item.filename), status(item.status.value), text(error or item.image_id))
    return shown


def _is_right(job: Job) -> bool:
    if any(item.error is not None for item in job.items):
        return False
    return job.finished_at is None or job.status is State.SUCCEEDED
