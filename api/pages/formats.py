"""Numbers, sizes and times as pages show them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from markupsafe import Markup, escape

from domain.images.values import Gps
from domain.tenants import split_owner
from storage.clock import utc_now

_FORMATS = {"webp": "WebP"}
_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_STEP = 1000
LONGEST_FRACTION_SECONDS = 0.4
_TIMES = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def show_number(value: float) -> str:
    """Write a number with separators: ``12,345`` or ``0.25``."""
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3g}"


def show_percent(share: float) -> str:
    """Write a share of 0 to 1 in per cent: ``93.5 %``."""
    return f"{100 * share:.3g} %"


def show_bytes(size_bytes: float) -> str:
    """Write a size with three digits, in powers of 1000: ``1.25 MB``."""
    size, unit = float(size_bytes), 0
    while size >= _STEP and unit < len(_UNITS) - 1:
        size, unit = size / _STEP, unit + 1
    return f"{size:.3g} {_UNITS[unit]}"


def show_format(name: str) -> str:
    """Write the name of a format as people do: ``JPEG``, ``WebP``."""
    return _FORMATS.get(name, name.upper())


def show_seconds(seconds: float) -> str:
    """Write a duration in its largest unit: ``2 h``."""
    for length, unit in _TIMES:
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.1f} s"


def show_time(moment: datetime) -> str:
    """Write a time in UTC, to the minute."""
    return f"{moment:%Y-%m-%d %H:%M}"


def show_age(moment: datetime) -> str:
    """Write how long ago a time is, or how far ahead."""
    seconds = (utc_now() - moment).total_seconds()
    return f"{show_seconds(seconds)} ago" if seconds >= 0 else f"in {show_seconds(-seconds)}"


def show_due(moment: datetime) -> str:
    """Write in what time something is due; what is late is due now."""
    seconds = (moment - utc_now()).total_seconds()
    return f"in {show_seconds(seconds)}" if seconds > 0 else "now"


def show_user(owner: str) -> str:
    """Write a stored user ID: ``tenant / user``, or the user alone."""
    tenant, user_id = split_owner(owner)
    return f"{tenant} / {user_id}" if tenant else user_id


def show_code(text: str) -> Markup:
    """Write a text of the documentation; what stands between backticks is code."""
    pieces = [escape(piece) for piece in text.split("`")]
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if number % 2 else piece
        for number, piece in enumerate(pieces)
    )


def show_exposure(seconds: float) -> str:
    """Write the time of an exposure as photographers do: ``1/250 s`` or ``2.5 s``."""
    if 0 < seconds < LONGEST_FRACTION_SECONDS:
        return f"1/{1 / seconds:.0f} s"
    return f"{seconds:.3g} s"


def show_place(place: Gps) -> str:
    """Write a position: ``48.20850° N, 16.37210° E``, with the altitude if it is known."""
    north = "N" if place.latitude >= 0 else "S"
    east = "E" if place.longitude >= 0 else "W"
    position = f"{abs(place.latitude):.5f}° {north}, {abs(place.longitude):.5f}° {east}"
    return (
        position
        if place.altitude is None
        else f"{position}, {place.altitude:.0f}\N{NO-BREAK SPACE}m"
    )


FILTERS: dict[str, Callable[[Any], str]] = {
    "age": show_age,
    "bytes": show_bytes,
    "code": show_code,
    "due": show_due,
    "format_name": show_format,
    "exposure": show_exposure,
    "number": show_number,
    "percent": show_percent,
    "place": show_place,
    "seconds": show_seconds,
    "time": show_time,
    "user": show_user,
}
