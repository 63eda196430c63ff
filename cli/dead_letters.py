"""The commands ``minilab dead-letters``: images that the service gave up."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from cli import options
from cli.groups import Commands, examples
from cli.options import Named
from cli.paging import Column, show_list
from cli.rendering import day, size, when
from cli.session import Session, connected, given

if TYPE_CHECKING:
    from minilab_client.models import ChosenDeadLetters

_CODE = Named(
    "DeadLetterCode",
    *("decoder_died", "decode_timed_out", "attempts_exhausted", "operation_failed"),
)
_COLUMNS = (
    Column("image", lambda letter: letter.image_id, is_whole=True),
    Column("error", lambda letter: letter.error and letter.error.code),
    Column("file", lambda letter: letter.filename),
    Column("size", lambda letter: size(letter.bytes_), is_number=True),
    Column("attempts", lambda letter: len(letter.attempts), is_number=True),
    Column("user", lambda letter: letter.user_id),
    Column("given up", lambda letter: day(letter.gave_up_at)),
)


@click.group(cls=Commands)
def dead_letters() -> None:
    """List, retry and discard images that the service gave up.

    Requires an admin key.
    """


def _filters(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option(
            "--job-id", type=options.ID, metavar="JOB", help="Only dead letters of this job."
        ),
        click.option("--code", type=_CODE, help="Only dead letters with this error."),
        options.tenant,
        click.option("--user-id", metavar="USER", help="Only dead letters of this user."),
    ):
        command = option(command)
    return command


def _choice(command: Callable[..., None]) -> Callable[..., None]:
    all_of_them = click.option(
        "--all", "everything", is_flag=True, help="All dead letters, or all that the filters find."
    )
    return click.argument("image_ids", type=options.ID, nargs=-1)(all_of_them(_filters(command)))


@dead_letters.command(name="list", epilog=examples("minilab dead-letters list --code decoder_died"))
@_filters
@options.limit
@options.everything
@connected
def list_(session: Session, limit: int, everything: bool, **filters: Any) -> None:
    """List dead letters, the latest first."""
    chosen = {name: given(value) for name, value in filters.items()}
    fetch = partial(session.minilab.dead_letters.iterate_dead_letters, **chosen)
    show_list(session, fetch, _COLUMNS, most=None if everything else limit)


@dead_letters.command(epilog=examples("minilab dead-letters show IMAGE_ID"))
@click.argument("image_id", type=options.ID)
@connected
def show(session: Session, image_id: str) -> None:
    """Show why an image was given up, with every attempt."""
    letter = session.minilab.dead_letters.get_dead_letter(image_id)
    rows: list[tuple[str, object]] = [
        ("image", letter.image_id),
        ("job", letter.job_id),
        ("user", letter.user_id),
        ("file", f"{letter.filename}, {size(letter.bytes_)}"),
        ("error", letter.error and letter.error.detail),
        ("operations", ", ".join(letter.operations)),
        ("given up", when(letter.gave_up_at)),
    ]
    rows += [("attempt", f"{when(attempt.at)}  {attempt.reason}") for attempt in letter.attempts]
    session.show(letter, rows)


@dead_letters.command(
    epilog=examples(
        "minilab dead-letters retry IMAGE_ID",
        "minilab dead-letters retry --all --code decoder_died",
    )
)
@_choice
@connected
def retry(session: Session, image_ids: tuple[str, ...], everything: bool, **filters: Any) -> None:
    """Process images again that were given up."""
    chosen = _chosen(image_ids, everything, filters)
    told = session.minilab.dead_letters.retry_dead_letters(body=chosen)
    rows = [("retried", told.retried), ("skipped", told.skipped), ("left", told.left)]
    session.show(told, rows)


@dead_letters.command(
    epilog=examples(
        "minilab dead-letters discard IMAGE_ID", "minilab dead-letters discard --all --user-id u1"
    )
)
@_choice
@options.yes
@connected
def discard(
    session: Session,
    image_ids: tuple[str, ...],
    everything: bool,
    confirmed: bool,
    **filters: Any,
) -> None:
    """Remove dead letters from the list. Their images stay failed."""
    chosen = _chosen(image_ids, everything, filters)
    what = "all dead letters that are chosen" if everything else f"{len(image_ids)} dead letters"
    session.confirm(f"Discard {what}?", confirmed=confirmed)
    told = session.minilab.dead_letters.discard_dead_letters(body=chosen)
    rows = [("discarded", told.discarded), ("skipped", told.skipped), ("left", told.left)]
    session.show(told, rows)


def _chosen(
    image_ids: tuple[str, ...], everything: bool, filters: dict[str, Any]
) -> ChosenDeadLetters:
    from minilab_client.models import ChosenDeadLetters, DeadLetterFilter

    named = {name: value for name, value in filters.items() if value is not None}
    if bool(image_ids) == everything or (image_ids and named):
        raise click.UsageError("name the images, or use --all with or without filters")
    if image_ids:
        return ChosenDeadLetters(ids=list(image_ids))
    return ChosenDeadLetters(filter_=DeadLetterFilter(**named))
