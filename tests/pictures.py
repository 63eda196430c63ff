"""Pictures that tests draw for themselves."""

import io
import zlib

import numpy as np
from PIL import Image


def draw(
    width: int = 64, height: int = 48, *, seed: int = 0, kind: str = "JPEG", **options: object
) -> bytes:
    """Draw a smooth picture with some noise; each seed gives another one."""
    random = np.random.default_rng(seed)
    across = np.linspace(0, 200, width)[None, :] + np.linspace(0, 50, height)[:, None]
    noise = random.integers(0, 40, (height, width, 3))
    pixels = np.clip(across[..., None] * random.random(3) + noise, 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def png_header_of(width: int, height: int) -> bytes:
    """Make a PNG of a few bytes that claims to be of any size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data).to_bytes(4, "big")
        return len(data).to_bytes(4, "big") + kind + data + check

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x00\x00\x00\x00"
    rows = zlib.compress(bytes(1024))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )
