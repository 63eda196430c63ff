"""The pipeline of operations on one file; it decodes each picture once."""

from collections.abc import Callable
from functools import cached_property

import msgspec
import numpy as np

from domain.errors.base import ServiceError
from domain.errors.files import DecodeTimedOut, FileRefused, OperationFailed, TooManyPixels
from domain.images import operations as names
from domain.images.color_profiles import render_color
from domain.images.compute_embedding import compute_embedding
from domain.images.compute_fingerprint import compute_fingerprint
from domain.images.count_histogram import count_histogram
from domain.images.decode_pixels import decode_grayscale, decode_picture, luma_of
from domain.images.detect_faces import DETECTION_SIDE_PX, detect_faces, load_detector
from domain.images.embedding_model import load_network
from domain.images.formats import ImageFormat
from domain.images.header import Header
from domain.images.inspect_header import inspect_header
from domain.images.make_thumbnail import MAX_SIDE_PX, make_thumbnail
from domain.images.measure_quality import measure_quality
from domain.images.opencv import Pixels, cv2
from domain.images.picture import Picture
from domain.images.read_metadata import read_metadata
from domain.images.render_variant import encode_png
from domain.images.shrink_image import shrink_image
from domain.images.values import ImageWarning, ProcessedImage, Result
from domain.limits import ImageLimits

DECODE = "decode"
_WARM_UP_SIDE_PX = 128


class Source:
    """A file and its pictures; each is decoded once, at its first use."""

    threads = 1
    """How many processors one operation may use."""

    def __init__(self, data: bytes, image_format: ImageFormat, header: Header) -> None:
        self.data = data
        self.image_format = image_format
        self.header = header
        self.warnings = set(header.warnings)

    @cached_property
    def picture(self) -> Picture:
        """Pixels as stored, upright; a JPEG is scaled down, but not below a thumbnail."""
        return decode_picture(
            self.data, self.image_format, self.header, MAX_SIDE_PX, self.warnings.add
        )

    @cached_property
    def grayscale(self) -> Pixels:
        """Gray on white, full size, upright, shape (height, width)."""
        if self.image_format is ImageFormat.JPEG:
            return decode_grayscale(self.data, self.image_format, self.header, self.warnings.add)
        return luma_of(self.picture, self.image_format)

    @cached_property
    def small(self) -> Pixels:
        """Gray for faces and fingerprint, upright, shape (height, width)."""
        return shrink_image(self.grayscale, DETECTION_SIDE_PX, cv2.INTER_LINEAR)

    @cached_property
    def preview(self) -> Pixels:
        """Colours, sRGB on white, shape (height, width, 3), 512 px at most."""
        pixels, used = render_color(self.picture, self.header.profile, MAX_SIDE_PX)
        if not used:
            self.warnings.add(ImageWarning.PROFILE_IGNORED)
        return pixels

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the upright image, in pixels."""
        return self.header.upright_size


class Step(msgspec.Struct, frozen=True):
    """One operation of the pipeline.

    Attributes:
        decode: Decodes its input; a file that cannot be decoded is refused as a whole.
    """

    name: str
    run: Callable[[Source], Result]
    decode: Callable[[Source], object] = lambda source: source.header


STEPS: tuple[Step, ...] = (
    Step(
        names.METADATA,
        lambda source: read_metadata(source.data, source.image_format, source.header),
    ),
    Step(
        names.HISTOGRAM,
        lambda source: count_histogram(source.grayscale),
        decode=lambda source: source.grayscale,
    ),
    Step(
        names.FACES,
        lambda source: detect_faces(source.small, *source.size, load_detector(), source.threads),
        decode=lambda source: source.small,
    ),
    Step(
        names.FINGERPRINT,
        lambda source: compute_fingerprint(source.small),
        decode=lambda source: source.small,
    ),
    Step(
        names.QUALITY,
        lambda source: measure_quality(source.small),
        decode=lambda source: source.small,
    ),
    Step(
        names.THUMBNAIL,
        lambda source: make_thumbnail(source.preview),
        decode=lambda source: source.picture,
    ),
    Step(
        names.EMBEDDING,
        lambda source: compute_embedding(source.preview, load_network()),
        decode=lambda source: source.picture,
    ),
)


def process_image(
    data: bytes,
    image_format: ImageFormat,
    operations: tuple[str, ...],
    limits: ImageLimits,
    check_time: Callable[[], None],
    took: Callable[[str], None] = lambda _: None,
    threads: int = 1,
    header: Header | None = None,
) -> ProcessedImage:
    """Run some operations on a file.

    Args:
        image_format: The format that was detected at the upload.
        operations: Names in any order.
        check_time: Called before each step; raises ``DecodeTimedOut`` after the time limit.
        took: Called after each step with its name: an operation, or ``decode``.
        threads: How many processors a step may use; the results are the same.
        header: Of the file; None if it was not inspected yet.

    Raises:
        FileRefused: The file cannot be used; the subclass gives the reason.
        DecodeTimedOut: ``check_time`` raised it.
    """
    header = header or inspect_header(data, image_format, limits)
    source = Source(data, image_format, header)
    source.threads = threads
    results: dict[str, Result] = {}
    errors: dict[str, str] = {}
    for step in STEPS:
        if step.name not in operations:
            continue
        check_time()
        _decode(step, source)
        took(DECODE)
        check_time()
        _run(step, source, results, errors)
        took(step.name)
    width, height = source.size
    return ProcessedImage(
        format=str(image_format),
        width=width,
        height=height,
        frames=source.header.frames,
        results=results,
        errors=errors,
        warnings=tuple(warning for warning in ImageWarning if warning in source.warnings),
    )


def _run(step: Step, source: Source, results: dict[str, Result], errors: dict[str, str]) -> None:
    try:
        results[step.name] = step.run(source)
    except (FileRefused, DecodeTimedOut):
        raise
    except ServiceError as error:
        errors[step.name] = error.code
    except Exception:
        errors[step.name] = OperationFailed.code


def _decode(step: Step, source: Source) -> None:
    try:
        step.decode(source)
    except MemoryError as error:
        raise TooManyPixels("Decoding needs more memory than one image may use.") from error


def warm_up() -> None:
    """Load decoders and models, so that the first image does not wait for them."""
    _run_once(names.DEFAULT_OPERATIONS)


def warm_up_learning() -> None:
    """Load also what the operations of learning need.

    Raises:
        OperationUnavailable: It is not installed.
    """
    load_network()
    _run_once(names.ALL_OPERATIONS)


def _run_once(operations: tuple[str, ...]) -> None:
    gray = np.zeros((_WARM_UP_SIDE_PX, _WARM_UP_SIDE_PX), np.uint8)
    process_image(encode_png(gray), ImageFormat.PNG, operations, ImageLimits(), lambda: None)
