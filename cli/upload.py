"""The command ``minilab upload``: uploads files and shows their results."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from cli.jobs import has_failed, marked, print_job, show_waiting
from cli.rendering import NOTHING, table, text
from cli.session import Session, answer_of, speaking
from cli.uploading import choose, divide, send
from minilab_client.api.images import get_image
from minilab_client.api.service import get_capabilities
from minilab_client.models import Capabilities, CreateJobBody, GpsPolicy, Image, Job
from minilab_client.types import UNSET


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--wait", is_flag=True, help="Wait for the results and show them.")
@click.option(
    "--operations", metavar="LIST", help="Comma-separated list of operations; all by default."
)
@click.option("--user-id", help="User that the images belong to; required with a service key.")
@click.option(
    "--gps",
    type=click.Choice([policy.value for policy in GpsPolicy]),
    help="Keep or remove GPS positions.",
)
@click.option("--callback-url", help="URL that receives a signed webhook when a job ends.")
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
    """Upload files, and the images in folders.

    Exits with 1 if a file was refused or, with --wait, has failed.
    """
    fields = CreateJobBody(
        files=[],
        operations=operations or UNSET,
        user_id=user_id or UNSET,
        gps=GpsPolicy(gps) if gps else UNSET,
        callback_url=callback_url or UNSET,
    )
    jobs = _send_all(session, paths, fields)
    if wait:
        jobs = show_waiting(session, jobs)
        _print_results(session, jobs, _images_of(session, jobs))
    elif session.json_wanted:
        session.print_json({"jobs": [job.to_dict() for job in jobs]})
    else:
        for job in jobs:
            print_job(session, job)
    session.exit_if(any(has_failed(job) for job in jobs))


def _send_all(session: Session, paths: Sequence[Path], fields: CreateJobBody) -> list[Job]:
    files = choose(paths)
    limits = answer_of(Capabilities, get_capabilities.sync_detailed(client=session.client)).limits
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=session.progress,
    ) as bars:
        bar = bars.add_task(f"Uploading {len(files)} files", total=sum(f.size_bytes for f in files))
        return [send(session, request, fields, bars, bar) for request in divide(files, limits)]


def _images_of(session: Session, jobs: Sequence[Job]) -> dict[str, Image]:
    """Read the images of jobs, without images that were deleted meanwhile."""
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
                marked(item),
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
