"""The property of any bytes: values within their ranges, or a refusal, in time."""

import time

import msgspec

from domain.errors.files import FileRefused
from domain.images.camera_notes import read_camera_notes
from domain.images.exif_tags import read_exif
from domain.images.formats import ImageFormat, sniff_format
from domain.images.header import Header
from domain.images.inspect_header import inspect_header
from domain.images.read_metadata import MAX_TEXT_CHARS, parse_tags, read_metadata
from domain.images.values import Metadata
from domain.limits import ImageLimits

LIMITS = ImageLimits()
MAX_CPU_SECONDS = 1.0
"""For a file of up to a megabyte; what the slowest machine of the tests needs, several times."""


def check_file(data: bytes, max_cpu_seconds: float = MAX_CPU_SECONDS) -> str:
    """Read a file's header and metadata and hold what comes of it against the promises.

    Args:
        data: Any bytes.
        max_cpu_seconds: Most time of the processor that it may take.

    Returns:
        The code of the refusal, or ``read``.

    Raises:
        AssertionError: A value is out of its range, or it took too long.
        Exception: Anything else that came out of the code is a finding as well.
    """
    began = time.process_time()
    image_format = sniff_format(data)
    if image_format is None:  # Then it may yet be what a file holds about the camera.
        check_metadata(parse_tags(read_exif(data)))
        check_metadata(parse_tags(read_camera_notes((data,))))
    outcome = _check_as(data, image_format) if image_format else "unsupported_format"
    spent = time.process_time() - began
    assert spent <= max_cpu_seconds * max(len(data) / 1_000_000, 1), f"took {spent:.2f} s"
    return outcome


def _check_as(data: bytes, image_format: ImageFormat) -> str:
    try:
        header = inspect_header(data, image_format, LIMITS)
    except FileRefused as error:
        return error.code
    check_header(header)
    check_metadata(read_metadata(data, image_format, header))
    return "read"


def check_header(header: Header) -> None:
    """Hold a header against what its fields promise."""
    assert 0 < header.width <= LIMITS.max_side_px
    assert 0 < header.height <= LIMITS.max_side_px
    assert header.width * header.height <= LIMITS.max_pixels
    assert header.frames >= 1
    assert 1 <= header.orientation <= 8


def check_metadata(metadata: Metadata) -> None:
    """Hold metadata against what its fields promise; it must also survive JSON."""
    for text in (metadata.camera_make, metadata.camera_model, metadata.lens_model):
        assert text is None or (0 < len(text) <= MAX_TEXT_CHARS and text.isprintable())
    assert metadata.taken_at is None or len(metadata.taken_at) in {19, 25}
    assert metadata.orientation in {None, *range(1, 9)}
    assert metadata.iso is None or metadata.iso >= 1
    for number in (metadata.exposure_time, metadata.f_number, metadata.focal_length):
        assert number is None or 0 < number <= 10_000_000
    if metadata.gps is not None:
        assert -90 <= metadata.gps.latitude <= 90
        assert -180 <= metadata.gps.longitude <= 180
        altitude = metadata.gps.altitude
        assert altitude is None or abs(altitude) <= 10_000_000
    assert msgspec.json.decode(msgspec.json.encode(metadata), type=Metadata) == metadata
