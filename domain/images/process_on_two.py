"""The pipeline on two processors, for a picture that no other one waits for."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import msgspec

from domain.images.formats import ImageFormat
from domain.images.header import Header
from domain.images.inspect_header import inspect_header
from domain.images.operations import EMBEDDING, FACES, THUMBNAIL
from domain.images.pipeline import process_image
from domain.images.values import ImageWarning, ProcessedImage
from domain.limits import ImageLimits

PROCESSORS = 2
_OF_COLOURS = (THUMBNAIL, EMBEDDING)
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

    The faces of a picture take most of the time, and then what is made of its colours. A JPEG is
    decoded for each of them, so they are made at the same time; two threads look for the faces. A
    picture of more than half of the allowed pixels is decoded once at a time.

    Args:
        data: The file.
        image_format: As for `process_image`, and likewise those that follow.
        operations: Likewise.
        limits: Likewise.
        check_time: Likewise; it is called in both threads.
        took: Likewise, for either thread.
    """
    header = inspect_header(data, image_format, limits)
    own = operations
    if _can_be_split(operations, image_format, header, limits):
        own = tuple(name for name in operations if name not in _OF_COLOURS)
    run = partial(process_image, data, image_format, header=header)
    with ThreadPoolExecutor(1) as other:
        making = None
        if own != operations:
            beside = tuple(name for name in operations if name in _OF_COLOURS)
            making = other.submit(run, beside, limits, check_time, took[1])
        # Its error comes first: in one thread, its operations would be the first.
        found = run(own, limits, check_time, took[0], threads=PROCESSORS)
    return found if making is None else _join(found, making.result())


def _can_be_split(
    operations: tuple[str, ...], image_format: ImageFormat, header: Header, limits: ImageLimits
) -> bool:
    if image_format is not ImageFormat.JPEG or not {THUMBNAIL, FACES} <= set(operations):
        return False
    # Two decoders at once take no more memory than one that decodes the largest picture.
    return 2 * header.width * header.height <= limits.max_pixels


def _join(found: ProcessedImage, made: ProcessedImage) -> ProcessedImage:
    warnings = {*found.warnings, *made.warnings}
    return msgspec.structs.replace(
        found,
        results=found.results | made.results,
        errors=found.errors | made.errors,
        warnings=tuple(warning for warning in ImageWarning if warning in warnings),
    )
