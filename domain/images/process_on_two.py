"""The pipeline on two processors, for a picture that no other one waits for."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import msgspec

from domain.images.formats import ImageFormat
from domain.images.operations import FACES, THUMBNAIL
from domain.images.pipeline import process_image
from domain.images.values import ImageWarning, ProcessedImage
from domain.limits import ImageLimits

PROCESSORS = 2
Took = Callable[[str], None]


def process_on_two(
    data: bytes,
    image_format: ImageFormat,
    operations: tuple[str, ...],
    limits: ImageLimits,
    check_time: Callable[[], None],
    took: tuple[Took, Took],
) -> ProcessedImage:
    """Run some operations as :func:`process_image` does, with the same results and errors, sooner.

    The faces of a picture take most of the time, and then its thumbnail. A JPEG is decoded for
    each of them, so they are made at the same time; two threads look for the faces.

    Args:
        data: The file.
        image_format: As for `process_image`, and likewise those that follow.
        operations: Likewise.
        limits: Likewise.
        check_time: Likewise; it is called in both threads.
        took: Likewise, for either thread.
    """
    beside = THUMBNAIL in operations and FACES in operations and image_format is ImageFormat.JPEG
    own = tuple(name for name in operations if name != THUMBNAIL or not beside)
    if not beside:
        return process_image(
            data, image_format, own, limits, check_time, took[0], threads=PROCESSORS
        )
    with ThreadPoolExecutor(1) as other:
        making = other.submit(
            process_image, data, image_format, (THUMBNAIL,), limits, check_time, took[1]
        )
        # Its error comes first: in one thread, its operations would be the first.
        found = process_image(
            data, image_format, own, limits, check_time, took[0], threads=PROCESSORS
        )
    return _join(found, making.result())


def _join(found: ProcessedImage, made: ProcessedImage) -> ProcessedImage:
    warnings = {*found.warnings, *made.warnings}
    return msgspec.structs.replace(
        found,
        results=found.results | made.results,
        errors=found.errors | made.errors,
        warnings=tuple(warning for warning in ImageWarning if warning in warnings),
    )
