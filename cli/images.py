"""The command ``minilab get``: shows the results of an image, or saves a variant."""

from collections.abc import Iterator
from typing import BinaryIO

import click
from rich.filesize import decimal

from cli.rendering import status, when
from cli.session import Session, answer_of, speaking
from minilab_client.api.images import get_image, get_image_content
from minilab_client.models import Image, ImageVariant
from minilab_client.types import File


@click.command()
@click.argument("image_id")
@click.option(
    "--variant",
    type=click.Choice([variant.value for variant in ImageVariant]),
    default=ImageVariant.ORIGINAL.value,
    show_default=True,
    help="Variant to save with --output.",
)
@click.option(
    "--output",
    "-o",
    type=click.File("wb", lazy=True),
    help="Save the variant to this file, or to standard output with `-`.",
)
@speaking
def get(session: Session, image_id: str, variant: str, output: BinaryIO | None) -> None:
    """Show the results of an image, or save one of its variants."""
    if output is None:
        image = answer_of(Image, get_image.sync_detailed(image_id, client=session.client))
        session.show(image, _facts_of(image))
        return
    picture = answer_of(
        File,
        get_image_content.sync_detailed(
            image_id, client=session.client, variant=ImageVariant(variant)
        ),
    )
    output.write(picture.payload.read())


def _facts_of(image: Image) -> Iterator[tuple[str, object]]:
    pixels = f", {image.width} × {image.height}" if image.width else ""
    yield "file", f"{image.filename}, {image.media_type}, {decimal(image.bytes_)}{pixels}"
    yield "image", image.id
    yield "job", image.job_id
    yield "user", image.user_id
    yield "uploaded", when(image.uploaded_at)
    yield "status", status(image.status.value)
    if image.warnings:
        yield "warnings", ", ".join(image.warnings)
    if image.duplicate_of:
        yield "duplicate of", image.duplicate_of
    for face in image.faces or []:
        yield "face", face.box
    for name, value in (image.metadata.to_dict() if image.metadata else {}).items():
        if value is not None:
            yield name.replace("_", " "), value
    for name, cell in image.operations.additional_properties.items():
        if cell.error is not None:
            yield name, cell.error.detail
