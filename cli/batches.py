"""The commands ``minilab batch``: work over many stored images."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from cli import options
from cli.groups import Commands, examples
from cli.options import Named
from cli.paging import Column, show_list
from cli.rendering import day, size, status, when
from cli.searching import FORMAT
from cli.session import Session, connected, given

if TYPE_CHECKING:
    from minilab_client.models import Batch, BatchFilter

_PAUSE_SECONDS = 1.0
_FORMAT = Named("PictureFormat", "jpeg", "webp", "avif")
_COLUMNS = (
    Column("batch", lambda batch: batch.id, is_whole=True),
    Column("operation", lambda batch: batch.operation),
    Column("status", lambda batch: status(batch.status.value)),
    Column("done", lambda batch: batch.done, is_number=True),
    Column("failed", lambda batch: batch.failed, is_number=True),
    Column("selected", lambda batch: batch.selected, is_number=True),
    Column("created", lambda batch: day(batch.created_at)),
)
_batch_id = click.argument("batch_id", type=options.ID)


@click.group(cls=Commands)
def batch() -> None:
    """Start, show, wait for and cancel work over stored images.

    Workers do it while people have no work for them. Requires an admin key.
    """


@batch.command(
    epilog=examples(
        "minilab batch start faces --wait",
        "minilab batch start thumbnail --width 320 --format avif --user-id u1",
        "minilab batch start remove --older-than-days 365 --dry-run --wait",
    )
)
@click.argument("operation")
@options.user_id
@options.tenant
@click.option(
    "--link-id", type=options.ID, metavar="LINK", help="Uploaded through this upload link."
)
@click.option("--status", type=options.STATUS, help="Only images with this status.")
@click.option("--file-format", type=FORMAT, help="Only files of this format.")
@click.option("--camera", help="Model of the camera, in full.")
@click.option("--tag", multiple=True, help="Only images with this tag; repeat it for several.")
@click.option("--uploaded-from", type=options.Day(), help="Uploaded on this day or later.")
@click.option("--uploaded-to", type=options.Day(), help="Uploaded on this day or earlier.")
@click.option(
    "--older-than-days", type=click.IntRange(min=1), help="Uploaded at least so many days ago."
)
@click.option("--width", "widths", type=int, multiple=True, help="Make pictures of this width.")
@click.option(
    "--format", "formats", type=_FORMAT, multiple=True, help="Make pictures in this format."
)
@click.option("--force", is_flag=True, help="Compute anew what exists in the present version.")
@click.option("--dry-run", is_flag=True, help="Only count the images.")
@click.option("--max-images", type=click.IntRange(min=1), help="Do nothing if there are more.")
@click.option("--wait", "wanted_end", is_flag=True, help="Wait for the end of the batch.")
@connected
def start(
    session: Session,
    operation: str,
    widths: tuple[int, ...],
    formats: tuple[Any, ...],
    force: bool,
    dry_run: bool,
    max_images: int | None,
    wanted_end: bool,
    **filters: Any,
) -> None:
    """Start an operation with all images that the filters select.

    OPERATION is one of the service's operations (`faces`, `thumbnail`, …), `check_hashes` or
    `remove`.
    """
    from minilab_client.models import BatchRequest

    request = BatchRequest(
        operation=operation,
        filter_=_filter(filters),
        widths=given(list(widths) or None),
        formats=given(list(formats) or None),
        force=force,
        dry_run=dry_run,
        max_images=given(max_images),
    )
    made = session.minilab.batches.create_batch(body=request)
    if wanted_end:
        made = _wait(session, made)
    _print(session, made)
    session.exit_if(wanted_end and _has_failed(made))


@batch.command(
    name="move-blobs",
    epilog=examples("minilab batch move-blobs --to s3", "minilab batch move-blobs --to gridfs"),
)
@click.option(
    "--to",
    "store",
    type=Named("BatchStore", "gridfs", "s3"),
    required=True,
    help="Where files shall be: in MongoDB (gridfs) or, the large ones, in the bucket (s3).",
)
@click.option("--no-wait", is_flag=True, help="Do not wait for the end.")
@connected
def move_blobs(session: Session, store: Any, no_wait: bool) -> None:
    """Move the files of all images to another store while the service runs.

    Ctrl-C ends only the waiting. A move can be started again at any time: what is there already
    stays. Exits with 1 if a file could not be moved.
    """
    from minilab_client.models import BatchRequest

    request = BatchRequest(operation="move_bytes", store=store)
    made = session.minilab.batches.create_batch(body=request)
    if not no_wait:
        made = _wait(session, made)
    _print(session, made)
    session.exit_if(_has_failed(made))


@batch.command(name="list", epilog=examples("minilab batch list --all"))
@options.limit
@options.everything
@connected
def list_(session: Session, limit: int, everything: bool) -> None:
    """List batches, the latest first."""
    fetch = partial(session.minilab.batches.iterate_batches)
    show_list(session, fetch, _COLUMNS, most=None if everything else limit)


@batch.command(epilog=examples("minilab batch show 01a22889-a324-7c2c-8d1a-8e7b7128c870"))
@_batch_id
@connected
def show(session: Session, batch_id: str) -> None:
    """Show a batch with its progress."""
    _print(session, session.minilab.batches.get_batch(batch_id))


@batch.command(epilog=examples("minilab batch wait 01a22889-a324-7c2c-8d1a-8e7b7128c870"))
@_batch_id
@connected
def wait(session: Session, batch_id: str) -> None:
    """Wait until a batch has ended. Exits with 1 if an image has failed."""
    ended = _wait(session, session.minilab.batches.get_batch(batch_id))
    _print(session, ended)
    session.exit_if(_has_failed(ended))


@batch.command(epilog=examples("minilab batch cancel 01a22889-a324-7c2c-8d1a-8e7b7128c870"))
@_batch_id
@connected
def cancel(session: Session, batch_id: str) -> None:
    """Cancel a batch. What it has done stays done."""
    _print(session, session.minilab.batches.cancel_batch(batch_id))


def _filter(filters: dict[str, Any]) -> BatchFilter:
    from minilab_client.models import BatchFilter

    named = {"file_format": "format_"}
    chosen: dict[str, Any] = {
        named.get(name, name): list(value) if isinstance(value, tuple) else value
        for name, value in filters.items()
        if value not in (None, ())
    }
    return BatchFilter(**chosen)


def _wait(session: Session, batch: Batch) -> Batch:
    """Wait for the end of a batch with a bar of its progress."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("images"),
        console=session.progress,
    ) as bars:
        bar = bars.add_task(batch.operation, total=None)
        while batch.finished_at is None:
            time.sleep(_PAUSE_SECONDS)
            batch = session.minilab.batches.get_batch(batch.id)
            bars.update(bar, total=batch.selected, completed=batch.done + batch.failed)
    return batch


def _has_failed(batch: Batch) -> bool:
    return batch.finished_at is not None and batch.status.value != "succeeded"


def _print(session: Session, batch: Batch) -> None:
    selected = "not counted yet"
    if batch.selected is not None:
        selected = f"{batch.selected} images, {size(batch.selected_bytes or 0)}"
    rows: list[tuple[str, object]] = [
        ("batch", batch.id),
        ("operation", batch.operation + (" (dry run)" if batch.dry_run else "")),
        ("status", status(batch.status.value)),
        ("selected", selected),
        ("done", f"{batch.done}, {batch.unchanged} of them unchanged"),
        ("failed", batch.failed),
        ("created", when(batch.created_at)),
    ]
    if batch.error:
        rows.append(("error", batch.error.detail))
    rows += [("failure", f"{one.image_id}  {one.detail}") for one in batch.failures]
    session.show(batch, rows)
