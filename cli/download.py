"""The command ``minilab images download``: saves pictures to a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cli import options
from cli.downloading import choose, save
from cli.groups import examples
from cli.marks import read_filters
from cli.rendering import count
from cli.searching import VARIANT, filters
from cli.session import Session, connected


@click.command(
    epilog=examples(
        "minilab images download 01a22889-a26a-7513-b846-5de614917377",
        "minilab images download --user-id u1 --to photos",
        "minilab images download --all --variant thumbnail --to thumbnails",
    )
)
@click.argument("image_ids", type=options.ID, nargs=-1)
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=".",
    show_default=True,
    help="Folder to save in; it is made.",
)
@click.option(
    "--variant", type=VARIANT, default="original", show_default=True, help="What to save."
)
@filters
@options.everything
@connected
def download(
    session: Session,
    image_ids: tuple[str, ...],
    folder: Path,
    variant: Any,
    everything: bool,
    **chosen: Any,
) -> None:
    """Save the pictures of images to a folder, under their own names.

    Name the images, or choose them by filters. What the folder has already is not sent again, so
    the same command goes on after an interruption. Two pictures of one name get a part of their
    IDs in their names. Exits with 1 if a picture could not be saved.
    """
    wanted = read_filters(chosen)
    named_user = wanted.get("user_id")
    # With named images, the user says whose they are.
    filters_are_given = everything or bool(wanted.keys() - ({"user_id"} if image_ids else set()))
    if bool(image_ids) == filters_are_given:
        raise click.UsageError("name the images, or choose them by filters or with --all")
    found = choose(session, image_ids, wanted)
    saved = save(session, found, folder, variant, named_user)
    if session.json_wanted:
        session.print_json({"files": [file._asdict() for file in saved]})
    else:
        for file in saved:
            if file.error:
                session.note(f"{file.image_id}: {file.error}")
        kept = sum(file.outcome == "kept" for file in saved)
        new = sum(file.outcome == "saved" for file in saved)
        session.print(f"{count(new, 'picture')} saved in {folder}, {kept} were there already")
    session.exit_if(any(file.error for file in saved))
