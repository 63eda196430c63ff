"""Pictures and files that the tests draw themselves."""

import io
import struct
import zlib
from functools import cache
from typing import Any

import numpy as np
from PIL import Image

from domain.images.decode_pixels import decode_grayscale
from domain.images.formats import ImageFormat, sniff_format
from domain.images.inspect_header import inspect_header
from domain.images.opencv import Pixels
from domain.images.operations import DEFAULT_OPERATIONS
from domain.images.pillow import register_heif
from domain.images.pipeline import process_image
from domain.images.values import ProcessedImage
from domain.limits import ImageLimits

LIMITS = ImageLimits(max_pixels=4_000_000)
GENEROUS = ImageLimits()


def draw(width: int = 160, height: int = 120, seed: int = 7) -> Image.Image:
    """Draw soft colours with some noise; no two corners are alike."""
    y, x = np.mgrid[0:height, 0:width]
    waves = [90 * x / width + 60, 120 * y / height + 40, 60 + 50 * np.sin(x / 9 + y / 7)]
    noise = np.random.default_rng(seed).normal(0, 6, (height, width, 3))
    pixels = np.clip(np.stack(waves, -1) + noise, 0, 255).astype(np.uint8)
    pixels[: height // 4, : width // 4] = 250
    return Image.fromarray(pixels)


def with_alpha(picture: Image.Image) -> Image.Image:
    """Make the left half transparent."""
    layered = picture.convert("RGBA")
    alpha = np.full((picture.height, picture.width), 255, np.uint8)
    alpha[:, : picture.width // 2] = 0
    layered.putalpha(Image.fromarray(alpha))
    return layered


def save(picture: Image.Image, name: str, **options: Any) -> bytes:
    """Save as one of Pillow's formats."""
    register_heif()
    file = io.BytesIO()
    picture.save(file, name, **options)
    return file.getvalue()


def exif_with(orientation: int = 1) -> bytes:
    """Write an EXIF block with a camera, a time and a place."""
    exif = Image.Exif()
    exif[271], exif[272], exif[274] = "Maker", "Model 1", orientation
    exif.get_ifd(0x8769).update({0x9003: "2024:02:29 12:34:56", 0x829A: 0.01, 0x829D: 2.8})
    exif.get_ifd(0x8825).update({1: "N", 2: (10.0, 30.0, 0.0), 3: "W", 4: (20.0, 0.0, 36.0)})
    return exif.tobytes()


@cache
def files() -> dict[str, bytes]:
    """A file of every format and kind."""
    picture, turned = draw(), draw().rotate(90)
    layered = with_alpha(picture)
    frames: dict[str, Any] = {"save_all": True, "append_images": [turned]}
    exif = exif_with()
    return {
        "jpeg": save(picture, "JPEG", exif=exif),
        "jpeg progressive": save(picture, "JPEG", progressive=True),
        "jpeg gray": save(picture.convert("L"), "JPEG"),
        "jpeg cmyk": save(picture.convert("CMYK"), "JPEG"),
        "png": save(picture, "PNG", exif=exif),
        "png palette": save(picture.convert("P"), "PNG"),
        "png 1 bit": save(picture.convert("1"), "PNG"),
        "png 16 bit": save(Image.fromarray(np.asarray(picture)[..., 0] * np.uint16(256)), "PNG"),
        "png alpha": save(layered, "PNG"),
        "png animated": save(picture, "PNG", **frames),
        "webp": save(picture, "WEBP", exif=exif),
        "webp lossless alpha": save(layered, "WEBP", lossless=True),
        "webp animated": save(picture, "WEBP", **frames),
        "gif": save(picture, "GIF"),
        "gif animated": save(picture, "GIF", **frames),
        "tiff": save(picture, "TIFF", exif=exif),
        "tiff lzw": save(picture, "TIFF", compression="tiff_lzw"),
        "tiff jpeg": save(picture, "TIFF", compression="jpeg"),
        "tiff fax": save(picture.convert("1"), "TIFF", compression="group4"),
        "tiff alpha": save(layered, "TIFF", compression="tiff_deflate"),
        "tiff cmyk": save(picture.convert("CMYK"), "TIFF"),
        "tiff 16 bit": save(Image.fromarray(np.asarray(picture)[..., 0] * np.uint16(256)), "TIFF"),
        "tiff 32 bit": save(picture.convert("I"), "TIFF"),
        "tiff float": save(picture.convert("F"), "TIFF"),
        "tiff big": save(picture, "TIFF", big_tiff=True),
        "bmp": save(picture, "BMP"),
        "bmp palette": save(picture.convert("P"), "BMP"),
        "heic": save(picture, "HEIF", exif=exif),
        "avif": save(picture, "AVIF", exif=exif),
    }


def process(
    data: bytes,
    operations: tuple[str, ...] = DEFAULT_OPERATIONS,
    limits: ImageLimits = GENEROUS,
    image_format: ImageFormat | None = None,
) -> ProcessedImage:
    """Process a file as the format that it begins as."""
    known = image_format or sniff_format(data)
    assert known is not None
    return process_image(data, known, operations, limits, lambda: None)


def gray_of(data: bytes, image_format: ImageFormat) -> Pixels:
    """Decode a file to gray."""
    return decode_grayscale(data, image_format, inspect_header(data, image_format, GENEROUS))


def chunk(kind: bytes, payload: bytes) -> bytes:
    """Write a PNG chunk."""
    checksum = zlib.crc32(kind + payload)
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", checksum)


def png_claiming(width: int, height: int, pixels: bytes) -> bytes:
    """Write a gray PNG with any size and any pixel data."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            chunk(b"IDAT", zlib.compress(pixels, 9)),
            chunk(b"IEND", b""),
        ]
    )


def tiff_block(*entries: tuple[int, int, int, bytes], rest: bytes = b"", link: int = 0) -> bytes:
    """Write a little-endian TIFF structure with one directory: tag, type, count, 4 bytes."""
    rows = b"".join(struct.pack("<HHI4s", *entry) for entry in entries)
    start = struct.pack("<2sHIH", b"II", 42, 8, len(entries))
    return start + rows + struct.pack("<I", link) + rest


def jpeg_with_exif(block: bytes, picture: Image.Image | None = None) -> bytes:
    """Write a JPEG that carries an EXIF block, however strange."""
    plain = save(picture, "JPEG") if picture else files()["jpeg gray"]
    payload = b"Exif\x00\x00" + block
    return plain[:2] + b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload + plain[2:]
