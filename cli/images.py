"""The commands ``minilab images`` and ``minilab get``: find, show, save and delete images."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from cli import options
from cli.errors import RefusedError
from cli.groups import Commands, examples
from cli.marks import changes, read_changes, read_filters
from cli.options import Duration
from cli.paging import Column, show_list
from cli.rendering import day, histogram_chart, size, status, when
from cli.searching import BY, VARIANT, filters, search
from cli.session import Session, connected, given

if TYPE_CHECKING:
    from minilab_client.models import Image, ListedImage


def _pixels(image: Image | ListedImage) -> str | None:
    return f"{image.width} × {image.height}" if image.width else None


_COLUMNS = (
    Column("image", lambda image: image.id, is_whole=True),
    Column("file", lambda image: image.filename),
    Column("status", lambda image: status(image.status.value)),
    Column("format", lambda image: image.format_),
    Column("size", lambda image: size(image.bytes_), is_number=True),
    Column("pixels", _pixels, is_number=True),
    Column("user", lambda image: image.user_id),
    Column("uploaded", lambda image: day(image.uploaded_at)),
)
_SIMILAR_COLUMNS = (
    *_COLUMNS,
    Column("bits", lambda image: image.distance, is_number=True),
)
_ALIKE_COLUMNS = (
    *_COLUMNS,
    Column("similarity", lambda image: image.similarity, is_number=True),
)
_image_id = click.argument("image_id", type=options.ID)


@click.group(
    cls=Commands,
    lazy={
        "download": "cli.download:download",
        "archive": "cli.archive:images_archive",
    },
    aliases={"search": "list"},
)
def images() -> None:
    """Find, show, save and delete images."""


@images.command(
    name="list",
    epilog=examples(
        "minilab images list --user-id u1 --min-faces 2",
        "minilab images list --near 48.2082,16.3738 --radius 500 --taken-from 2026-06-01",
        "minilab images list --camera 'iPhone 11 Pro Max' --all --json",
    ),
)
@filters
@options.limit
@options.everything
@connected
def list_(session: Session, limit: int, everything: bool, **chosen: Any) -> None:
    """List the images that the filters find, the latest first."""
    found = read_filters(chosen)
    columns = _SIMILAR_COLUMNS if "similar_to" in found else _COLUMNS
    show_list(session, search(session, found), columns, most=None if everything else limit)


@images.command(epilog=examples("minilab images show 01a22889-a26a-7513-b846-5de614917377"))
@_image_id
@options.user_id
@connected
def show(session: Session, image_id: str, user_id: str | None) -> None:
    """Show the results of an image."""
    image = get_image_of(session, image_id, user_id)
    session.show(image, _facts_of(image))


@images.command(
    epilog=examples(
        "minilab images update 01a22889-a26a-7513-b846-5de614917377 --add-tag holiday",
        "minilab images update 01a22889-a26a-7513-b846-5de614917377 --attribute room=kitchen",
    )
)
@_image_id
@options.user_id
@changes
@connected
def update(session: Session, image_id: str, user_id: str | None, **changed: Any) -> None:
    """Change the external ID, tags and attributes of an image."""
    marks = read_changes(changed)
    image = session.minilab.images.update_image(image_id, body=marks, user_id=given(user_id))
    session.show(image, _facts_of(image))


@images.command(
    epilog=examples(
        "minilab images url 01a22889-a26a-7513-b846-5de614917377 --variant thumbnail",
        "minilab images url 01a22889-a26a-7513-b846-5de614917377 --expires-in 12h",
    )
)
@_image_id
@click.option("--variant", type=VARIANT, default="original", show_default=True, help="Which file.")
@click.option("--expires-in", type=Duration(), help="Least lifetime, such as 12h.")
@options.user_id
@connected
def url(
    session: Session, image_id: str, variant: Any, expires_in: int | None, user_id: str | None
) -> None:
    """Create a URL of a picture that needs no key, for web pages and image loaders."""
    made = session.minilab.images.get_image_content_url(
        image_id, variant=variant, expires_in=given(expires_in), user_id=given(user_id)
    )
    session.show(made, [("URL", made.url), ("until", when(made.expires_at))])


@images.command(epilog=examples("minilab images delete 01a22889-a26a-7513-b846-5de614917377 --yes"))
@click.argument("image_ids", type=options.ID, nargs=-1, required=True)
@options.user_id
@options.yes
@connected
def delete(
    session: Session, image_ids: tuple[str, ...], user_id: str | None, confirmed: bool
) -> None:
    """Delete images with all results. Exits with 3 if one does not exist."""
    from minilab_client import ApiError

    many = f"{len(image_ids)} images" if len(image_ids) > 1 else f"the image {image_ids[0]}"
    session.confirm(f"Delete {many}?", confirmed=confirmed)
    deleted, refused = [], []
    for image_id in image_ids:
        try:
            session.minilab.images.delete_image(image_id, user_id=given(user_id))
            deleted.append(image_id)
        except ApiError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            refused.append(f"{image_id}: {error.code}: {error.detail}")
    session.say(f"deleted {len(deleted)} of {len(image_ids)} images", deleted=deleted)
    if refused:
        raise RefusedError("\n".join(refused))


@images.command(
    epilog=examples(
        "minilab images similar 01a22889-a26a-7513-b846-5de614917377",
        "minilab images similar 01a22889-a26a-7513-b846-5de614917377 --by embedding",
    )
)
@_image_id
@options.user_id
@options.tenant
@click.option(
    "--distance",
    type=click.IntRange(0, 16),
    help="Most bits of 64 that differ; 6 by default.",
)
@click.option(
    "--by",
    type=BY,
    help="`embedding` finds images that show like things, 100 at most; `fingerprint` copies.",
)
@options.limit
@options.everything
@connected
def similar(session: Session, image_id: str, limit: int, everything: bool, **chosen: Any) -> None:
    """List near-duplicates of an image, or images that show like things, most similar first."""
    fetch = search(session, {"similar_to": image_id} | chosen)
    by_embedding = chosen["by"] is not None and chosen["by"].value == "embedding"
    columns = _ALIKE_COLUMNS if by_embedding else _SIMILAR_COLUMNS
    show_list(session, fetch, columns, most=None if everything else limit)


@images.command(epilog=examples("minilab images histogram 01a22889-a26a-7513-b846-5de614917377"))
@_image_id
@options.user_id
@connected
def histogram(session: Session, image_id: str, user_id: str | None) -> None:
    """Show the gray histogram of an image. With --json it has its 256 numbers."""
    found = session.minilab.images.get_image_histogram(image_id, user_id=given(user_id))
    if session.json_wanted:
        session.print_json(found)
    else:
        session.print(histogram_chart(f"{found.pixels:,} pixels", found.bins))


@click.command(
    epilog=examples(
        "minilab get 01a22889-a26a-7513-b846-5de614917377",
        "minilab get 01a22889-a26a-7513-b846-5de614917377 --variant faces -o faces.jpg",
    )
)
@_image_id
@click.option(
    "--variant",
    type=VARIANT,
    default="original",
    show_default=True,
    help="Variant to save with --output.",
)
@click.option(
    "--output",
    "-o",
    type=click.File("wb", lazy=True),
    help="Save the variant to this file, or to standard output with `-`.",
)
@options.user_id
@connected
def get(
    session: Session, image_id: str, variant: Any, output: BinaryIO | None, user_id: str | None
) -> None:
    """Show the results of an image, or save one of its variants."""
    if output is None:
        image = get_image_of(session, image_id, user_id)
        session.show(image, _facts_of(image))
        return
    from cli.downloading import stream

    for chunk in stream(session, image_id, variant, user_id):
        output.write(chunk)


def get_image_of(session: Session, image_id: str, user_id: str | None) -> Image:
    """Get an image."""
    return session.minilab.images.get_image(image_id, user_id=given(user_id))


def _facts_of(image: Image) -> Iterator[tuple[str, object]]:
    pixels = f", {_pixels(image)}" if image.width else ""
    yield "file", f"{image.filename}, {image.media_type}, {size(image.bytes_)}{pixels}"
    yield "image", image.id
    yield "job", image.job_id
    yield "user", image.user_id
    yield "uploaded", when(image.uploaded_at)
    yield "status", status(image.status.value)
    if image.warnings:
        yield "warnings", ", ".join(image.warnings)
    if image.duplicate_of:
        yield "duplicate of", image.duplicate_of
    if image.external_id:
        yield "external ID", image.external_id
    if image.tags:
        yield "tags", ", ".join(image.tags)
    for name, value in image.attributes.to_dict().items():
        yield "attribute", f"{name}={value}"
    for face in image.faces or []:
        yield "face", face.box if face.score is None else f"{face.box}, score {face.score}"
    for name, value in (image.metadata.to_dict() if image.metadata else {}).items():
        if value is not None:
            yield name.replace("_", " "), value
    for task, value in image.labels.to_dict().items():
        yield "label", f"{task}={value}"
    for task, made in image.predictions.additional_properties.items():
        stale = ", stale" if made.stale else ""
        yield "prediction", f"{task}={made.value}, {made.probability:.0%}{stale}"
    if image.quality is not None and image.quality.verdicts:
        yield "quality", ", ".join(verdict.value for verdict in image.quality.verdicts)
    for name, cell in image.operations.additional_properties.items():
        if cell.error is not None:
            yield name, cell.error.detail
