"""Results of operations, as values that need no decoder."""

import struct
from enum import StrEnum

import msgspec

BINS = 256
"""One bin for each gray level from 0 to 255."""
DIMENSIONS = 1280
"""Numbers of an embedding."""


class Gps(msgspec.Struct, frozen=True):
    """The position at which a picture was taken.

    Attributes:
        latitude: Degrees, north positive, -90 to 90.
        longitude: Degrees, east positive, -180 to 180.
        altitude: Metres above sea level, negative below; None where the file does not say.
    """

    latitude: float
    longitude: float
    altitude: float | None = None


class Metadata(msgspec.Struct, frozen=True):
    """Tags that the camera wrote; a tag that the file does not have is None.

    Attributes:
        camera_make: Maker of the camera.
        camera_model: Model of the camera.
        lens_model: Model of the lens.
        taken_at: ``YYYY-MM-DDTHH:MM:SS`` by the camera's clock, with ``±HH:MM`` where the file
            names the offset from UTC.
        orientation: EXIF orientation as stored, 1 to 8.
        exposure_time: Seconds.
        f_number: Focal length over aperture.
        iso: Sensitivity.
        focal_length: Millimetres, of the lens itself.
        gps: Position.
    """

    camera_make: str | None = None
    camera_model: str | None = None
    lens_model: str | None = None
    taken_at: str | None = None
    orientation: int | None = None
    exposure_time: float | None = None
    f_number: float | None = None
    iso: int | None = None
    focal_length: float | None = None
    gps: Gps | None = None


class Thumbnail(msgspec.Struct, frozen=True):
    """A small picture for lists, in pixels; the content is a WebP file without metadata."""

    width: int
    height: int
    content: bytes


Box = list[int]
"""``[x, y, width, height]`` in pixels of the upright image; x to the right, y down."""


class Face(msgspec.Struct, frozen=True):
    """A place in a picture where the detector has found a face.

    Attributes:
        score: Number of raw detections that were merged into the box, 7 or more.
    """

    box: Box
    score: int


class Verdict(StrEnum):
    """A plain fault of a picture; the value is a word of the API."""

    BLURRED = "blurred"
    NOISY = "noisy"
    DARK = "dark"
    BRIGHT = "bright"
    FLAT = "flat"
    BLANK = "blank"


class Quality(msgspec.Struct, frozen=True):
    """How sharp, noisy and well exposed a picture is, at 512 pixels on its longer side.

    Attributes:
        sharpness: Variance of the Laplacian of the gray levels; depends on what the picture shows.
        blur: Blur effect, from 0 (sharp) to 1.
        noise: Estimated standard deviation of the noise, in gray levels, 0 to 63.
        low: Gray level that 5 % of the pixels do not exceed, 0 to 255.
        high: Gray level that 95 % of the pixels do not exceed, 0 to 255.
        clipped: Share of the pixels with level 250 or more, 0 to 1.
        contrast: Standard deviation of the gray levels, 0 to 128.
        entropy: Entropy of the gray levels in bits, 0 to 8.
        verdicts: Plain faults; empty for a picture without one.
        mean: Mean gray level, 0 to 255; None in results of version 1.
    """

    sharpness: float
    blur: float
    noise: float
    low: int
    high: int
    clipped: float
    contrast: float
    entropy: float
    verdicts: list[Verdict]
    mean: float | None = None


Result = Metadata | Thumbnail | Quality | bytes | list[Face] | str
"""Metadata, thumbnail, quality, histogram (packed), faces, fingerprint (16 hex digits),
embedding (packed)."""


class ImageWarning(StrEnum):
    """What was wrong with a file that has results all the same; the value is a code of the API."""

    TRUNCATED = "truncated"
    """The file ends before the end of the picture; its missing part is gray."""
    END_MISSING = "end_missing"
    """The file ends before the end that it declares; the picture is whole."""
    EXIF_IGNORED = "exif_ignored"
    """The EXIF block cannot be read; its tags are missing."""
    PROFILE_IGNORED = "profile_ignored"
    """The colour profile cannot be used; the colours are taken as sRGB."""


class ProcessedImage(msgspec.Struct, frozen=True):
    """The results of one pass over a file.

    Attributes:
        width: Pixels of the upright image, as the height.
        frames: Frames or pages in the file; only the first one is processed.
        results: By name of the operation; a histogram is packed as :func:`unpack_bins` reads it.
        errors: Error codes by name of the operation, for those that failed on their own.
        warnings: What was wrong with the file, in the order of ``ImageWarning``.
    """

    format: str
    width: int
    height: int
    frames: int
    results: dict[str, Result]
    errors: dict[str, str]
    warnings: tuple[ImageWarning, ...] = ()


def unpack_bins(packed: bytes) -> list[int]:
    """Read 256 counts that are packed as little-endian unsigned 32-bit numbers, 1,024 bytes.

    Raises:
        ValueError: The length is not 1,024 bytes.
    """
    if len(packed) != 4 * BINS:
        raise ValueError(f"a histogram has {4 * BINS} bytes, not {len(packed)}")
    return list(struct.unpack(f"<{BINS}I", packed))
