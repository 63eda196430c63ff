"""The commands that save the pictures of a search, a job or a link as one ZIP file."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import click
from rich.progress import DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from cli import options
from cli.groups import examples
from cli.marks import read_filters
from cli.rendering import size
from cli.searching import VARIANT, filters
from cli.session import Session, connected

_variant = click.option(
    "--variant", type=VARIANT, default="original", show_default=True, help="What to save."
)
_output = click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    required=True,
    help="ZIP file to write; `-` for standard output.",
)


@click.command(
    name="archive",
    epilog=examples(
        "minilab images archive --tag holiday -o holiday.zip",
        "minilab images archive --user-id u1 --variant thumbnail -o thumbnails.zip",
    ),
)
@_output
@_variant
@filters
@connected
def images_archive(session: Session, output: Path, variant: Any, **chosen: Any) -> None:
    """Save the pictures that the filters find as one ZIP file, with a manifest of all results."""
    wanted = read_filters(chosen) | {"variant": variant}
    _save(session, "/v1/images/archive", wanted, output)


@click.command(
    name="archive",
    epilog=examples("minilab jobs archive 01a22889-a324-7c2c-8d1a-8e7b7128c870 -o job.zip"),
)
@click.argument("job_id")
@_output
@_variant
@options.user_id
@connected
def job_archive(
    session: Session, job_id: str, output: Path, variant: Any, user_id: str | None
) -> None:
    """Save the pictures of a job as one ZIP file."""
    wanted = {"variant": variant} | ({"user_id": user_id} if user_id else {})
    _save(session, f"/v1/jobs/{quote(job_id, safe='')}/archive", wanted, output)


@click.command(
    name="archive",
    epilog=examples("minilab links archive 01a22a0d-8d7c-71f4-bd35-b19910f062c7 -o party.zip"),
)
@click.argument("link_id")
@_output
@_variant
@connected
def link_archive(session: Session, link_id: str, output: Path, variant: Any) -> None:
    """Save the pictures that were uploaded through a link as one ZIP file."""
    path = f"/v1/upload-links/{quote(link_id, safe='')}/archive"
    _save(session, path, {"variant": variant}, output)


def _save(session: Session, path: str, wanted: Mapping[str, Any], output: Path) -> None:
    # The generated functions would hold the whole archive in memory.
    http = session.patient.client.get_httpx_client()
    query = {name.rstrip("_"): _text(value) for name, value in wanted.items()}
    with (
        http.stream("GET", path, params=query) as response,
        _opened(output) as file,
        Progress(
            TextColumn("{task.description}"),
            DownloadColumn(),
            TransferSpeedColumn(),
            console=session.progress,
        ) as bars,
    ):
        bar = bars.add_task("Saving", total=None)
        for chunk in response.iter_bytes():
            file.write(chunk)
            bars.advance(bar, len(chunk))
        read = int(bars.tasks[bar].completed)
    if str(output) != "-":
        session.say(f"saved {output}, {size(read)}", saved=str(output), bytes=read)


@contextmanager
def _opened(output: Path) -> Iterator[BinaryIO]:
    """Open a file that appears under its name when it is complete."""
    if str(output) == "-":
        yield sys.stdout.buffer
        return
    part = output.with_name(f".{output.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)


def _text(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value
