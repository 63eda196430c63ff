"""Seeds of fuzzing: small files of every kind, and tags that real cameras wrote."""

from functools import cache
from pathlib import Path

from PIL import Image

from tests.unit.images.drawing import draw, exif_with, files, save

_MAX_SEED_BYTES = 200_000


@cache
def drawn_seeds() -> dict[str, bytes]:
    """Give small files of every format and kind, each carrying tags where it can."""
    small = draw(24, 16)
    exif = exif_with(6)
    kinds = ("JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF")
    tagged = {f"small {kind}": save(small, kind, exif=exif) for kind in kinds}
    plain = {f"small {kind}": save(small.convert("P"), kind) for kind in ("GIF", "BMP")}
    return dict(files()) | tagged | plain


def real_seeds(photos: Path) -> dict[str, bytes]:
    """Give photos of real cameras, their pixels replaced by a few: what counts are the tags.

    Args:
        photos: The folder; nothing comes of one that is not there.
    """
    found: dict[str, bytes] = {}
    for path in filter(Path.is_file, sorted(photos.rglob("*"))):
        data = path.read_bytes()
        if data.startswith(b"\xff\xd8\xff"):
            data = _segments_of(data) + _tiny_jpeg()
        if path.suffix != ".json" and len(data) <= _MAX_SEED_BYTES:
            found[path.name] = data
    return found


def _segments_of(data: bytes) -> bytes:
    """Take the application segments at the start of a JPEG, with its first two bytes."""
    position = 2
    while data[position] == 0xFF and 0xE0 <= data[position + 1] <= 0xEF:
        position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
    return data[:position]


@cache
def _tiny_jpeg() -> bytes:
    return save(Image.new("L", (8, 8), 99), "JPEG")[2:]
