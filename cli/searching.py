"""The filters of images, as options of several commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import click

from cli import options
from cli.marks import marks
from cli.options import Day, Named
from cli.session import Session

FORMAT = Named("ImageFormat", "jpeg", "png", "webp", "gif", "tiff", "bmp", "heic", "avif")
VARIANT = Named("ImageVariant", "original", "grayscale", "thumbnail", "faces")
BY = Named("SimilarBy", "fingerprint", "embedding")
_FILTERS = (
    options.user_id,
    options.tenant,
    click.option(
        "--link-id", type=options.ID, metavar="LINK", help="Uploaded through this upload link."
    ),
    click.option("--format", "format_", type=FORMAT, help="Format of the uploaded file."),
    click.option("--status", type=options.STATUS, help="Status of the image."),
    click.option("--camera", metavar="MODEL", help="Model of the camera, in full."),
    click.option("--camera-make", metavar="MAKER", help="Maker of the camera, in full."),
    click.option("--taken-from", type=Day(), help="Taken on this day or later."),
    click.option("--taken-to", type=Day(), help="Taken on this day or earlier."),
    click.option("--day", type=Day(), help="Uploaded on this day."),
    click.option("--uploaded-from", type=Day(), help="Uploaded on this day or later."),
    click.option("--uploaded-to", type=Day(), help="Uploaded on this day or earlier."),
    click.option("--tz", metavar="ZONE", help="Time zone of the upload days; UTC by default."),
    click.option("--faces/--no-faces", default=None, help="Whether faces were found."),
    click.option("--min-faces", type=click.IntRange(min=1), help="Least number of faces."),
    click.option("--near", metavar="LAT,LON", help="Taken near this place, in degrees."),
    click.option(
        "--radius", "radius_m", type=float, metavar="METERS", help="Around --near; 1000 by default."
    ),
    click.option(
        "--predicted", metavar="TASK:VALUE", help="Predicted by a model to have this value."
    ),
    click.option(
        "--min-probability",
        type=click.FloatRange(0, 1),
        metavar="SHARE",
        help="Least probability of --predicted, 0 to 1.",
    ),
    click.option(
        "--anomalous/--not-anomalous", default=None, help="Whether an image is unlike all others."
    ),
    marks,
    click.option(
        "--similar-to", type=options.ID, metavar="IMAGE", help="Near-duplicates of this image."
    ),
    click.option(
        "--distance",
        type=click.IntRange(0, 16),
        help="Most bits in which a near-duplicate differs; 6 by default.",
    ),
)


def filters(command: Callable[..., None]) -> Callable[..., None]:
    """Add the filters of images to a command, which takes them as keyword arguments."""
    for option in reversed(_FILTERS):
        command = option(command)
    return command


def search(session: Session, chosen: Mapping[str, Any]) -> partial[Any]:
    """Return the operation that lists the images which filters choose."""
    named = {name: value for name, value in chosen.items() if value is not None}
    return partial(session.minilab.images.iterate_images, **named)
