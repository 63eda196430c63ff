"""The command ``minilab upload``: uploads files and shows their results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from cli import options
from cli.groups import examples
from cli.images import get_image_of
from cli.known import leave_out_known
from cli.marks import NAMES, as_fields, marks
from cli.rendering import NOTHING, count, table, text
from cli.session import Session, connected, given
from cli.uploading import Chosen, choose, divide, send, send_urls
from cli.waiting import has_failed, marked, print_job, show_waiting

if TYPE_CHECKING:
    from minilab_client.models import CreateJobBody, Image, Job


@click.command(
    epilog=examples(
        "minilab upload photo.jpg --wait",
        "minilab upload photos/ --skip-known --tag holiday --tag 2026",
        "minilab upload --from-url https://images.example/summer.jpg --wait",
        "minilab upload photos/ --operations faces,metadata --user-id u1",
        "minilab upload photos/ --wait --json | jq '.images[].faces'",
    )
)
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--from-url",
    "urls",
    multiple=True,
    metavar="URL",
    help="URL of a file that the service fetches itself; may be repeated.",
)
@click.option("--wait", is_flag=True, help="Wait for the results and show them.")
@click.option(
    "--operations", metavar="LIST", help="Comma-separated list of operations; all by default."
)
@click.option(
    "--user-id",
    metavar="USER",
    help="User that the images belong to; required with a service key.",
)
@options.tenant
@click.option("--gps", type=options.GPS, help="Keep or remove GPS positions.")
@click.option("--callback-url", help="URL that receives a signed webhook when a job ends.")
@marks
@click.option(
    "--skip-known", is_flag=True, help="Leave out files that the user has uploaded before."
)
@connected
def upload(
    session: Session,
    paths: tuple[Path, ...],
    urls: tuple[str, ...],
    wait: bool,
    skip_known: bool,
    **chosen: Any,
) -> None:
    """Upload files, the images in folders, and files that the service fetches by their URLs.

    Exits with 1 if a file was refused or, with --wait, has failed.
    """
    from minilab_client.models import CreateJobBody

    others = {name: value for name, value in chosen.items() if name not in NAMES}
    fields = others | as_fields(chosen)
    body = CreateJobBody(files=[], **{name: given(value) for name, value in fields.items()})
    user_id = fields["user_id"]
    if not paths and not urls:
        raise click.UsageError("name files or folders, or URLs with --from-url")
    files = choose(paths) if paths else []
    told: dict[str, Any] = {}
    if skip_known:
        files, skipped = leave_out_known(session, files, user_id, fields["tenant"])
        session.note(f"{count(len(skipped), 'known file')} left out")
        told["skipped"] = [file._asdict() for file in skipped]
    jobs = _send_all(session, files, body) if files else []
    if urls:
        jobs.append(send_urls(session, urls, chosen))
    if wait:
        jobs = show_waiting(session, jobs, user_id)
        _print_results(session, jobs, _images_of(session, jobs, user_id), told)
    elif session.json_wanted:
        session.print_json({"jobs": [job.to_dict() for job in jobs]} | told)
    else:
        for job in jobs:
            print_job(session, job)
    session.exit_if(any(has_failed(job) for job in jobs))


def _send_all(session: Session, files: Sequence[Chosen], body: CreateJobBody) -> list[Job]:

    limits = session.minilab.service.get_capabilities().limits
    with Progress(
        TextColumn("{task.description} {task.fields[files]}/{task.fields[of]} files"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=session.progress,
    ) as bars:
        size_bytes = sum(file.size_bytes for file in files)
        bar = bars.add_task("Uploading", total=size_bytes, files=0, of=len(files))
        return [send(session, request, body, bars, bar) for request in divide(files, limits)]


def _images_of(session: Session, jobs: Sequence[Job], user_id: str | None) -> dict[str, Image]:
    """Read the images of jobs, without images that were deleted meanwhile."""
    from minilab_client import ApiError

    images = {}
    for item in (item for job in jobs for item in job.items):
        if item.image_id is not None:
            with suppress(ApiError):
                images[item.image_id] = get_image_of(session, item.image_id, user_id)
    return images


def _print_results(
    session: Session, jobs: Sequence[Job], images: Mapping[str, Image], told: dict[str, Any]
) -> None:
    if session.json_wanted:
        found = [image.to_dict() for image in images.values()]
        session.print_json({"jobs": [job.to_dict() for job in jobs], "images": found} | told)
        return
    if not jobs:
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
