"""A matrix of files that show one drawn picture: format, alpha, depth and colour profile."""

import itertools
import struct
from functools import cache
from typing import Any

import msgspec
import numpy as np
import pyvips
from PIL import Image

from domain.images.formats import ImageFormat
from domain.images.opencv import Pixels
from tests.unit.images.drawing import save

WIDTH, HEIGHT, PATCH_PX = 64, 48, 16
_COLORS = [
    [(234, 51, 35), (30, 200, 60), (20, 40, 220), (250, 220, 10)],
    [(128, 128, 128), (255, 255, 255), (0, 0, 0), (200, 120, 90)],
    [(60, 160, 200), (180, 60, 160), (90, 90, 30), (230, 230, 200)],
]
_GAMMAS = {"adobe rgb": 563 / 256, "prophoto": 1.8}
_CHROMATICITIES = {
    "adobe rgb": (0.64, 0.33, 0.21, 0.71, 0.15, 0.06, 0.3127, 0.3290),
    "prophoto": (0.7347, 0.2653, 0.1596, 0.8404, 0.0366, 0.0001, 0.3457, 0.3585),
}
PROFILES = ("none", "srgb", "p3", *_GAMMAS)
ALPHAS = ("opaque", "binary", "soft")


class Case(msgspec.Struct, frozen=True):
    """A file of the matrix.

    Attributes:
        alpha: ``opaque``, ``binary`` or ``soft``.
        depth: Bits of a channel.
        profile: One of ``PROFILES``.
    """

    image_format: ImageFormat
    alpha: str
    depth: int
    profile: str

    def __str__(self) -> str:
        return f"{self.image_format} {self.alpha} {self.depth} {self.profile}"


def cases() -> list[Case]:
    """List the combinations that the formats allow."""
    deep = {ImageFormat.PNG, ImageFormat.TIFF}
    with_profile = set(ImageFormat) - {ImageFormat.GIF, ImageFormat.BMP}
    return [
        Case(image_format, alpha, depth, profile)
        for image_format, alpha, depth, profile in itertools.product(
            ImageFormat, ALPHAS, (8, 16), PROFILES
        )
        if (alpha == "opaque" or image_format is not ImageFormat.JPEG)
        and (alpha != "soft" or image_format is not ImageFormat.GIF)
        and (depth == 8 or image_format in deep)
        and (profile == "none" or image_format in with_profile)
    ]


@cache
def pixels_of(alpha: str) -> Pixels:
    """Draw the picture: patches of one colour, RGBA, shape (48, 64, 4)."""
    patch = np.ones((PATCH_PX, PATCH_PX, 1), np.uint8)
    rgb = np.kron(np.array(_COLORS, np.uint8), patch)
    columns = {
        "opaque": (255, 255, 255, 255),
        "binary": (255, 255, 0, 0),
        "soft": (255, 200, 128, 40),
    }[alpha]
    opacity = np.repeat(np.array(columns, np.uint8), PATCH_PX)[None].repeat(HEIGHT, 0)
    return np.dstack([rgb, opacity])


@cache
def profile_bytes(name: str) -> bytes | None:
    """Return an ICC profile: libvips' own, or one made of chromaticities; None for none."""
    if name == "none":
        return None
    if name in _GAMMAS:
        return _write_profile(_CHROMATICITIES[name], _GAMMAS[name])
    return bytes(pyvips.Image.profile_load(name))


@cache
def write(case: Case) -> bytes:
    """Write the file of a case."""
    rgba, profile = pixels_of(case.alpha), profile_bytes(case.profile)
    if case.alpha == "opaque":
        rgba = rgba[..., :3]
    if case.depth == 16:
        return _write_deep(case, rgba, profile)
    if case.image_format is ImageFormat.BMP and case.alpha != "opaque":
        return write_bmp(rgba)
    lossless: dict[ImageFormat, dict[str, Any]] = {
        ImageFormat.JPEG: {"quality": 100, "subsampling": 0},
        ImageFormat.WEBP: {"lossless": True, "exact": True},
        ImageFormat.TIFF: {"compression": "tiff_lzw"},
        ImageFormat.HEIC: {"quality": -1, "chroma": 444, "matrix_coefficients": 0},
        ImageFormat.AVIF: {"quality": 100, "subsampling": "4:4:4"},
    }
    options = lossless.get(case.image_format, {}) | ({"icc_profile": profile} if profile else {})
    name = "HEIF" if case.image_format is ImageFormat.HEIC else case.image_format.name
    return save(Image.fromarray(rgba), name, **options)


def _write_deep(case: Case, rgba: Pixels, profile: bytes | None) -> bytes:
    image = pyvips.Image.new_from_array(rgba.astype(np.uint16) * 257, interpretation="rgb16")
    if profile:
        image = image.copy()
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    options = {"bitdepth": 16} if case.image_format is ImageFormat.PNG else {}
    return bytes(image.write_to_buffer(case.image_format.suffix, **options))


def write_bmp(rgba: Pixels) -> bytes:
    """Write a BMP with a header of version 4, whose masks name the alpha."""
    height, width = rgba.shape[:2]
    rows = rgba[::-1, :, [2, 1, 0, 3]].tobytes()
    masks = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    header = struct.pack("<IiiHHII", 108, width, height, 1, 32, 3, len(rows))
    header += bytes(16) + struct.pack("<4I", *masks)
    header += b"BGRs".ljust(52, b"\x00")
    start = 14 + len(header)
    return struct.pack("<2sIII", b"BM", start + len(rows), 0, start) + header + rows


def _write_profile(chromaticities: tuple[float, ...], gamma: float) -> bytes:
    """Write a matrix profile of version 2: colorants adapted to D50, and one exponent."""
    xyz = np.array([[x / y, 1, (1 - x - y) / y] for x, y in np.reshape(chromaticities, (4, 2))]).T
    matrix = xyz[:, :3] * np.linalg.solve(xyz[:, :3], xyz[:, 3])
    cone = np.array(
        [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
    )
    d50 = np.array([0.9642, 1.0, 0.8249])
    matrix = np.linalg.inv(cone) @ np.diag((cone @ d50) / (cone @ xyz[:, 3])) @ cone @ matrix
    blocks = [b"XYZ " + bytes(4) + np.rint(row * 65536).astype(">i4").tobytes() for row in matrix.T]
    blocks.append(b"curv" + bytes(4) + struct.pack(">IHH", 1, round(gamma * 256), 0))
    names, table, at = (b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC"), b"", 132 + 12 * 6
    for number, name in enumerate(names):
        block = min(number, 3)
        table += struct.pack(">4sII", name, at + 20 * block, len(blocks[block]))
    body = struct.pack(">I", 6) + table + b"".join(blocks)
    head = struct.pack(">I4xI4s4s4s", 128 + len(body), 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    head = head.ljust(36, b"\x00") + b"acsp"
    head = head.ljust(68, b"\x00") + np.rint(d50 * 65536).astype(">i4").tobytes()
    return bytes(head.ljust(128, b"\x00") + body)
