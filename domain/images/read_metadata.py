"""Reads the tags that a camera wrote about a picture."""

import math
import re
from collections.abc import Sequence
from datetime import datetime

import msgspec

from domain.images.camera_notes import read_camera_notes
from domain.images.exif_tags import Tags, read_exif, read_exif_with_pillow
from domain.images.formats import ImageFormat
from domain.images.header import Header
from domain.images.values import Gps, Metadata

MAX_TEXT_CHARS = 128

_MAX_READ_CHARS = 4096
_MAX_NUMBER = 10_000_000.0
_DATE = re.compile(r"(\d{4})[:\-](\d\d)[:\-](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_OFFSET = re.compile(r"[+\-](0\d|1[0-4]):[0-5]\d")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffd\ud800-\udfff]")


def read_metadata(data: bytes, image_format: ImageFormat, header: Header) -> Metadata:
    """Read the tags that Minilab stores: with exifread, and with Pillow for missing ones.

    Returns:
        The tags. One that is missing or makes no sense is None; no file makes this fail.

    Source:
        CIPA DC-008-2019, EXIF 2.32, §4.6.
    """
    metadata = parse_tags(read_exif(header.exif))
    if metadata.orientation is None or metadata.camera_model is None or metadata.taken_at is None:
        metadata = _fill(metadata, parse_tags(read_exif_with_pillow(data, image_format)))
    # An orientation that does not turn the picture, such as one in XMP, is shown as 1.
    unturned = None if metadata.orientation is None else 1
    orientation = header.named_orientation or unturned
    metadata = msgspec.structs.replace(metadata, orientation=orientation)
    if header.camera_notes:
        metadata = _fill(metadata, parse_tags(read_camera_notes(header.camera_notes)))
    return metadata


def parse_tags(tags: Tags) -> Metadata:
    """Convert raw tags to values of the right type and range; None for all others."""
    orientation = _number(tags.get("Orientation"))
    iso = _number(tags.get("PhotographicSensitivity"))
    return Metadata(
        camera_make=_text(tags.get("Make")),
        camera_model=_text(tags.get("Model")),
        lens_model=_text(tags.get("LensModel")),
        taken_at=_time(tags, "Original") or _time(tags, "Digitized"),
        orientation=int(orientation) if orientation in set(range(1, 9)) else None,
        exposure_time=_positive(tags.get("ExposureTime")),
        f_number=_positive(tags.get("FNumber")),
        iso=int(iso) if iso and iso >= 1 else None,
        focal_length=_positive(tags.get("FocalLength")),
        gps=_gps(tags),
    )


def _fill(metadata: Metadata, other: Metadata) -> Metadata:
    lacking = {
        name: value
        for name, value in msgspec.structs.asdict(other).items()
        if getattr(metadata, name) is None
    }
    return msgspec.structs.replace(metadata, **lacking)


def _text(value: object) -> str | None:
    if isinstance(value, bytes):
        value = value.decode("utf-8", errors="replace")
    if not isinstance(value, str):
        return None
    text = _UNPRINTABLE.sub("", value.split("\x00", 1)[0][:_MAX_READ_CHARS])
    # Characters that reverse or hide text are removed; other spaces become plain ones.
    shown = "".join(c if c.isprintable() else " " if c.isspace() else "" for c in text).strip()
    return shown[:MAX_TEXT_CHARS].strip() or None


def _numbers(value: object) -> list[float]:
    """Read at most three numbers; NaN stands for other values."""
    if isinstance(value, Sequence):
        return [_number(part, math.nan) or 0.0 for part in value[:3]]
    number = _number(value)
    return [] if number is None else [number]


def _number(value: object, default: float | None = None) -> float | None:
    if isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 1:
        value = value[0]
    if value is None or isinstance(value, str | Sequence):
        return default
    try:
        number = float(value)  # type: ignore[arg-type]
    except (ArithmeticError, TypeError, ValueError):
        return default
    return number if math.isfinite(number) and abs(number) <= _MAX_NUMBER else default


def _positive(value: object) -> float | None:
    number = _number(value)
    return number if number and number > 0 else None


def _time(tags: Tags, kind: str) -> str | None:
    found = _DATE.fullmatch(_text(tags.get(f"DateTime{kind}")) or "")
    if found is None:
        return None
    try:
        taken = datetime(*(int(part) for part in found.groups()))  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return None
    offset = _text(tags.get(f"OffsetTime{kind}")) or ""
    return taken.isoformat() + (offset if _OFFSET.fullmatch(offset) else "")


def _gps(tags: Tags) -> Gps | None:
    latitude = _degrees(tags.get("GPSLatitude"), tags.get("GPSLatitudeRef"), "S")
    longitude = _degrees(tags.get("GPSLongitude"), tags.get("GPSLongitudeRef"), "W")
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    altitude = _number(tags.get("GPSAltitude"))
    reference = tags.get("GPSAltitudeRef")
    below = reference in (1, b"\x01") or (isinstance(reference, list) and reference[:1] == [1])
    if altitude is not None and below:
        altitude = -abs(altitude)
    return Gps(latitude, longitude, altitude)


def _degrees(value: object, reference: object, negative: str) -> float | None:
    parts = _numbers(value)
    degrees: float = sum(part / 60.0**power for power, part in enumerate(parts))
    if not parts or not math.isfinite(degrees):
        return None
    return -degrees if (_text(reference) or "").upper().startswith(negative) else degrees
