"""Sizes: pictures of a width and a format that are made from an image, by name."""

import re
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from domain.errors.requests import SizeNotOffered

MAX_WIDTH_PX = 65_535
MOST_WIDTHS = 16
DEFAULT_WIDTHS = "320,640,1280,2560"
WIDTHS_PATTERN = r"^\Z|^[1-9]\d{0,4}(,[1-9]\d{0,4}){0,15}\Z"
SIZES_VERSION = 1
"""Increases when the same bytes give another picture."""

_NAME = re.compile(r"(?:w(\d{1,5})|full)-(jpeg|webp|avif)")


class PictureFormat(StrEnum):
    """The format of a made size."""

    JPEG = "jpeg"
    WEBP = "webp"
    AVIF = "avif"

    @property
    def media_type(self) -> str:
        """The media type of a file in this format."""
        return f"image/{self.value}"


class Size(msgspec.Struct, frozen=True):
    """A width in a format.

    Attributes:
        width_px: Width of the upright picture; None: that of the original. It is never larger than
            the original.
    """

    format: PictureFormat
    width_px: int | None = None

    @property
    def name(self) -> str:
        """Its name: ``w640-webp``, or ``full-webp`` with the width of the original."""
        width = "full" if self.width_px is None else f"w{self.width_px}"
        return f"{width}-{self.format}"

    def within(self, original_px: int | None) -> "Size":
        """Return the size for an original of a width; all that would enlarge it are one picture."""
        if self.width_px is None or original_px is None or self.width_px < original_px:
            return self
        return Size(self.format)


class MadeSize(msgspec.Struct, frozen=True):
    """A picture that was made, without metadata, and how long that took."""

    name: str
    media_type: str
    content: bytes
    seconds: float = 0.0


def read_size(name: str) -> Size | None:
    """Read the name of a size; None if it is no such name."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    width, picture_format = found.groups()
    return Size(PictureFormat(picture_format), int(width) if width else None)


def read_widths(text: str) -> tuple[int, ...]:
    """Read the widths of a setting such as ``320,640``, in order, each once."""
    return tuple(sorted({int(width) for width in text.split(",") if width}))


def choose_size(width_px: int | None, format_name: str | None, offered: Sequence[int]) -> Size:
    """Return the size that a request names by a width, a format or both; WebP by default.

    Raises:
        SizeNotOffered: The width is not one of those offered, or the format is unknown.
    """
    if width_px is not None and width_px not in offered:
        widths = ", ".join(map(str, offered)) or "none"
        raise SizeNotOffered(
            f"must be one of the widths that this service makes: {widths}", "width"
        )
    if format_name is not None and format_name not in set(PictureFormat):
        raise SizeNotOffered(f"must be one of {', '.join(PictureFormat)}", "format")
    return Size(PictureFormat(format_name or PictureFormat.WEBP), width_px)
