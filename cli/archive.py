"""The commands that save the pictures of a search, a job or a link as one ZIP file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import quote
from zipfile import ZipFile

import click
from rich.progress import DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from cli import options
from cli.groups import examples
from cli.marks import read_filters
from cli.rendering import count, size
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
@click.argument("job_id", type=options.ID)
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
@click.argument("link_id", type=options.ID)
@_output
@_variant
@connected
def link_archive(session: Session, link_id: str, output: Path, variant: Any) -> None:
    """Save the pictures that were uploaded through a link as one ZIP file."""
    path = f"/v1/upload-links/{quote(link_id, safe='')}/archive"
    _save(session, path, {"variant": variant}, output)


class _Contents(NamedTuple):
    """What an archive holds, by its manifest."""

    pictures: int
    left_out: list[dict[str, str]]


def _save(session: Session, path: str, wanted: Mapping[str, Any], output: Path) -> None:
    # The generated functions would hold the whole archive in memory.
    http = session.patient.client.get_httpx_client()
    query = {name.rstrip("_"): _text(value) for name, value in wanted.items()}
    with http.stream("GET", path, params=query) as response:
        if str(output) == "-":
            _copy(session, response.iter_bytes(), sys.stdout.buffer)
            return
        with _saved_whole(output) as file:
            size_bytes = _copy(session, response.iter_bytes(), file)
            file.flush()
            found = _read_contents(Path(file.name))
    session.say(
        f"saved {output}, {count(found.pictures, 'picture')}, {size(size_bytes)}",
        saved=str(output),
        bytes=size_bytes,
        pictures=found.pictures,
        left_out=len(found.left_out),
    )
    if found.left_out:
        session.note(f"{count(len(found.left_out), 'image')} left out: {_why(found)}")


def _copy(session: Session, chunks: Iterator[bytes], file: BinaryIO) -> int:
    """Write an archive, and show how much of it has come; return its number of bytes."""
    columns = (TextColumn("{task.description}"), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=session.progress) as bars:
        bar = bars.add_task("Saving", total=None)
        for chunk in chunks:
            file.write(chunk)
            bars.advance(bar, len(chunk))
        return int(bars.tasks[bar].completed)


@contextmanager
def _saved_whole(output: Path) -> Iterator[BinaryIO]:
    """Open a file that appears under its name when it is complete."""
    part = output.with_name(f".{output.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)


def _read_contents(file: Path) -> _Contents:
    """Read the manifest of an archive.

    Raises:
        ClickException: It holds no picture.
    """
    with ZipFile(file) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    found = _Contents(len(manifest["images"]), manifest["left_out"])
    if not found.pictures and not found.left_out:
        raise click.ClickException(
            "no image was found, so nothing is saved. `minilab images list` takes the same "
            "filters and shows what they find."
        )
    if not found.pictures:
        raise click.ClickException(
            f"{count(len(found.left_out), 'image')} found, but none has such a picture, so nothing "
            f"is saved: {_why(found)}"
        )
    return found


def _why(found: _Contents) -> str:
    """Say why images are left out, each reason once."""
    return " ".join(sorted({f"{image['code']}: {image['detail']}" for image in found.left_out}))


def _text(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value
