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
from domain.images.maker_notes import read_maker_iso
from domain.images.values import Gps, Metadata

MAX_TEXT_CHARS = 128

_MAX_READ_CHARS = 4096
_MAX_NUMBER = 10_000_000.0
_DATE = re.compile(
    r"(\d{4})([:\-/.])(\d{1,2})\2(\d{1,2})[ T]+(\d{1,2}):(\d\d)(?::(\d\d))?(?:[.,]\d*)?\s*(.*)"
)
_DAY = re.compile(r"(\d{4})([:\-/.])(\d{1,2})\2(\d{1,2})")
_OFFSET = re.compile(r"[+\-](0\d|1[0-4]):[0-5]\d")
_UTC = "+00:00"
_LETTERS = frozenset("NSEW")
_MAX_SHORT = 65_535
"""The greatest value of PhotographicSensitivity, which stands for all greater ones."""
_SENSITIVITIES = {
    1: ("StandardOutputSensitivity",),
    2: ("RecommendedExposureIndex",),
    3: ("ISOSpeed",),
    4: ("RecommendedExposureIndex", "StandardOutputSensitivity"),
    5: ("ISOSpeed", "StandardOutputSensitivity"),
    6: ("RecommendedExposureIndex", "ISOSpeed"),
    7: ("RecommendedExposureIndex", "ISOSpeed", "StandardOutputSensitivity"),
}
"""Tags with the full value by SensitivityType (EXIF 2.32, annex G)."""
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffd\ud800-\udfff]")


def read_metadata(data: bytes, image_format: ImageFormat, header: Header) -> Metadata:
    """Read the tags that Minilab stores: with exifread, and with Pillow for missing ones.

    Returns:
        The tags. One that is missing or makes no sense is None; no file makes this fail.

    Source:
        CIPA DC-008-2019, EXIF 2.32, §4.6.
    """
    metadata = parse_tags(read_exif(header.exif))
    lacks_some = None in {metadata.orientation, metadata.camera_model, metadata.taken_at}
    if header.may_have_tags and lacks_some:
        metadata = _fill(metadata, parse_tags(read_exif_with_pillow(data, image_format)))
    # An orientation that does not turn the picture, such as one in XMP, is shown as 1.
    unturned = None if metadata.orientation is None else 1
    orientation = header.named_orientation or unturned
    metadata = msgspec.structs.replace(metadata, orientation=orientation)
    if metadata.iso is None and (iso := read_maker_iso(header.exif)):
        metadata = msgspec.structs.replace(metadata, iso=iso)
    if header.camera_notes:
        metadata = _fill(metadata, parse_tags(read_camera_notes(header.camera_notes)))
    return metadata


def parse_tags(tags: Tags) -> Metadata:
    """Convert raw tags to values of the right type and range; None for all others."""
    orientation = _number(tags.get("Orientation"))
    return Metadata(
        camera_make=_text(tags.get("Make")),
        camera_model=_text(tags.get("Model")),
        lens_model=_text(tags.get("LensModel")),
        taken_at=_taken_at(tags),
        orientation=int(orientation) if orientation in set(range(1, 9)) else None,
        exposure_time=_positive(tags.get("ExposureTime")),
        f_number=_positive(tags.get("FNumber")),
        iso=_sensitivity(tags),
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


def _first(value: object) -> float | None:
    numbers = _numbers(value)
    return numbers[0] if numbers and math.isfinite(numbers[0]) else None


def _sensitivity(tags: Tags) -> int | None:
    """Read the ISO speed: the first of several values, and beyond 65,534 that of another tag."""
    iso = _first(tags.get("PhotographicSensitivity"))
    if iso is None or iso >= _MAX_SHORT:
        kind = _number(tags.get("SensitivityType"))
        names = _SENSITIVITIES.get(int(kind or 0), _SENSITIVITIES[7])
        full = (_first(tags.get(name)) for name in names)
        iso = next((value for value in full if value and value >= 1), iso)
    return int(iso) if iso and iso >= 1 else None


def _taken_at(tags: Tags) -> str | None:
    """Read the time: of the picture, of its digital form, of the file, or of the position.

    Programs that edit pictures write the time of the file too; it counts if a camera is named, or
    no program.
    """
    is_of_camera = tags.get("Make") or tags.get("Model") or not tags.get("Software")
    return (
        _time(tags, "Original")
        or _time(tags, "Digitized")
        or (_time(tags, "") if is_of_camera else None)
        or _time_of_position(tags)
    )


def _time(tags: Tags, kind: str) -> str | None:
    found = _DATE.fullmatch(_text(tags.get(f"DateTime{kind}")) or "")
    if found is None:
        return None
    year, _, *parts, zone = found.groups(default="0")
    taken = _format_time([int(year), *(int(part) for part in parts)])
    offset = _text(tags.get(f"OffsetTime{kind}")) or (_UTC if zone == "Z" else zone)
    return taken and taken + (offset if _OFFSET.fullmatch(offset) else "")


def _time_of_position(tags: Tags) -> str | None:
    """Read the time that satellites gave, in UTC."""
    day = _DAY.fullmatch(_text(tags.get("GPSDateStamp")) or "")
    clock = _numbers(tags.get("GPSTimeStamp"))
    if day is None or len(clock) != 3 or not all(math.isfinite(part) for part in clock):
        return None
    date = [int(day[1]), int(day[3]), int(day[4])]
    taken = _format_time([*date, *(int(part) for part in clock)])
    return taken and taken + _UTC


def _format_time(parts: Sequence[int]) -> str | None:
    """Format year, month, day, hour, minute and second; None if there is no such time."""
    try:
        return datetime(*parts).isoformat()  # type: ignore[arg-type]  # noqa: DTZ001
    except (ValueError, OverflowError):
        return None


def _gps(tags: Tags) -> Gps | None:
    latitude = _degrees(tags.get("GPSLatitude"), tags.get("GPSLatitudeRef"), "S")
    longitude = _degrees(tags.get("GPSLongitude"), tags.get("GPSLongitudeRef"), "W")
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    if latitude == longitude == 0:  # What cameras without a fix write.
        return None
    altitude = _number(tags.get("GPSAltitude"))
    reference = tags.get("GPSAltitudeRef")
    if isinstance(reference, bytes):
        reference = list(reference)
    below = _first(reference) in {1, 3}  # 3 is of EXIF 3.0.
    if altitude is not None and below:
        altitude = -abs(altitude)
    return Gps(latitude, longitude, altitude)


def _degrees(value: object, reference: object, negative: str) -> float | None:
    """Read degrees; the letter decides the half of the globe, and without one the sign does."""
    parts = _numbers(value)
    if not parts or not math.isfinite(parts[0]):
        return None
    known = [part if math.isfinite(part) else 0.0 for part in parts]
    degrees: float = sum(abs(part) / 60.0**power for power, part in enumerate(known))
    letter = (_text(reference) or "").upper()[:1]
    is_negative = letter == negative if letter in _LETTERS else any(part < 0 for part in known)
    return -degrees if is_negative else degrees
