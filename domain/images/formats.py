"""Image formats, and their detection from the first bytes of a file."""

from enum import StrEnum

SNIFF_BYTES = 64
"""How many bytes from the start of a file :func:`sniff_format` looks at, at most."""


class ImageFormat(StrEnum):
    """A format that can be decoded; the value is its name in the API."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    GIF = "gif"
    TIFF = "tiff"
    BMP = "bmp"
    HEIC = "heic"
    AVIF = "avif"

    @property
    def media_type(self) -> str:
        """The registered media type, as in a Content-Type header."""
        return f"image/{self.value}"

    @property
    def suffix(self) -> str:
        """The usual ending of a file name, with its dot."""
        return {"jpeg": ".jpg", "tiff": ".tif"}.get(self.value, f".{self.value}")


_MAGIC: tuple[tuple[bytes, ImageFormat], ...] = (
    (b"\xff\xd8\xff", ImageFormat.JPEG),
    (b"\x89PNG\r\n\x1a\n", ImageFormat.PNG),
    (b"GIF87a", ImageFormat.GIF),
    (b"GIF89a", ImageFormat.GIF),
    (b"II*\x00", ImageFormat.TIFF),
    (b"MM\x00*", ImageFormat.TIFF),
    (b"II+\x00\x08\x00\x00\x00", ImageFormat.TIFF),
    (b"MM\x00+\x00\x08\x00\x00", ImageFormat.TIFF),
)

CAMERA_RAW = "This is a camera raw file: send the JPEG, HEIC or TIFF that is made of it."
"""What an error says of a camera raw file."""

_CAMERA_RAW: tuple[bytes, ...] = (
    b"IIRO",  # Olympus, as the next two.
    b"IIRS",
    b"MMOR",
    b"IIU\x00",  # Panasonic and Leica.
    b"FUJIFILMCCD-RAW",
    b"II\x1a\x00\x00\x00HEAPCCDR",  # Canon, before CR2.
    b"FOVb",  # Sigma.
    b"\x00MRM",  # Minolta.
)
_CANON_RAW_BRAND = b"crx "

_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs"})
_HEIF_BRANDS = frozenset({b"mif1", b"mif2", b"msf1"})
_BMP_HEADER_BYTES = frozenset({12, 40, 52, 56, 64, 108, 124})


def sniff_format(head: bytes) -> ImageFormat | None:
    """Detect the format from magic bytes; the file name and the declared type do not count.

    Args:
        head: The first ``SNIFF_BYTES`` of the file, or more.

    Source:
        ISO/IEC 23008-12 §10 and the AV1 Image File Format §8 for the brands; the
        specifications of each format for the rest.
    """
    for magic, image_format in _MAGIC:
        if head.startswith(magic):
            return image_format
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return ImageFormat.WEBP
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADER_BYTES:
        return ImageFormat.BMP
    if head[4:8] == b"ftyp":
        return _sniff_brands(head[:SNIFF_BYTES])
    return None


def is_camera_raw(head: bytes) -> bool:
    """Return whether a file begins as a camera raw file of a kind that does not begin as TIFF."""
    return head.startswith(_CAMERA_RAW) or head[4:12] == b"ftyp" + _CANON_RAW_BRAND


def _sniff_brands(head: bytes) -> ImageFormat | None:
    box_bytes = int.from_bytes(head[:4], "big")
    brands = head[8 : min(box_bytes, len(head))]
    # A major brand, a minor version that is no brand, then the compatible brands.
    named = [brands[:4], *(brands[start : start + 4] for start in range(8, len(brands), 4))]
    if named[0] in _AVIF_BRANDS:
        return ImageFormat.AVIF
    if named[0] in _HEIC_BRANDS:
        return ImageFormat.HEIC
    if named[0] not in _HEIF_BRANDS:
        return None
    if not _AVIF_BRANDS.isdisjoint(named):
        return ImageFormat.AVIF
    return ImageFormat.HEIC
