"""Writes ICC profiles for colours that a file describes by numbers.

Source: ITU-T H.273 (12/2022), tables 2 and 3; ITU-R BT.2100-2; ICC.1:2022 §7, §10.6 and annex E.
"""

import functools
import struct

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

_D65 = (0.3127, 0.3290)
_PRIMARIES: dict[int, tuple[float, ...]] = {
    1: (0.640, 0.330, 0.300, 0.600, 0.150, 0.060, *_D65),
    4: (0.670, 0.330, 0.210, 0.710, 0.140, 0.080, 0.310, 0.316),
    5: (0.640, 0.330, 0.290, 0.600, 0.150, 0.060, *_D65),
    6: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *_D65),
    7: (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *_D65),
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *_D65),
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *_D65),
    22: (0.630, 0.340, 0.295, 0.605, 0.155, 0.077, *_D65),
}
"""x and y of red, green, blue and white by their number in H.273."""
_LINEAR, _PQ, _HLG = 8, 16, 18
_GAMMAS = {4: 2.2, 5: 2.8, _LINEAR: 1.0, 17: 2.6}
_LIKE_SRGB = frozenset({1, 2, 6, 11, 13, 14, 15})
"""Curves of cameras for video are shown as sRGB, as browsers do."""

_D50 = (0.9642, 1.0, 0.8249)
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_CURVE_POINTS = 4096
_REFERENCE_WHITE_NITS = 203.0  # BT.2408 §2.2
_PQ_PEAK_NITS = 10_000.0


@functools.cache
def profile_of_code(primaries: int, transfer: int) -> bytes | None:
    """Write the profile of coding-independent code points.

    Pictures with a high dynamic range (PQ, HLG) keep what is up to the reference white of 203
    cd/m², which becomes white; brighter parts are cut.

    Args:
        primaries: Number of the primaries in H.273.
        transfer: Number of the transfer curve in H.273.

    Returns:
        An ICC profile; None for sRGB, and for numbers that are not known.
    """
    if primaries not in _PRIMARIES or (primaries == 1 and transfer in _LIKE_SRGB):
        return None
    signal = np.linspace(0, 1, _CURVE_POINTS)
    if transfer in _LIKE_SRGB:
        light = np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)
    elif transfer in _GAMMAS:
        light = signal ** _GAMMAS[transfer]
    elif transfer == _PQ:
        light = _decode_pq(signal)
    elif transfer == _HLG:
        light = _decode_hlg(signal)
    else:
        return None
    return write_profile(_PRIMARIES[primaries], light)


def profile_of_gamma(primaries: tuple[float, ...], gamma: float) -> bytes:
    """Write the profile of primaries with a power curve.

    Args:
        primaries: x and y of red, green, blue and white.
        gamma: Exponent from the stored value to light.

    Raises:
        ValueError: No colours have such primaries.
    """
    return write_profile(primaries, np.linspace(0, 1, _CURVE_POINTS) ** gamma)


def write_profile(primaries: tuple[float, ...], light: Numbers) -> bytes:
    """Write an ICC profile of version 2 with a matrix and one curve.

    Args:
        primaries: x and y of red, green, blue and white.
        light: Linear light, 0 to 1, at evenly spaced values.

    Raises:
        ValueError: No colours have such primaries.
    """
    columns = _matrix_to_d50(primaries).T
    levels = np.rint(light.clip(0, 1) * 65535).astype(">u2")
    curve = b"curv" + bytes(4) + struct.pack(">I", len(levels)) + levels.tobytes()
    blocks = [b"XYZ " + bytes(4) + _fixed(values) for values in (*columns, np.array(_D50))]
    tags = [*zip((b"rXYZ", b"gXYZ", b"bXYZ", b"wtpt"), blocks, strict=True)]
    start = position = 128 + 4 + 12 * (len(tags) + 3)
    table = b""
    for name, block in tags:
        table += struct.pack(">4sII", name, position, len(block))
        position += len(block)
    for name in (b"rTRC", b"gTRC", b"bTRC"):
        table += struct.pack(">4sII", name, position, len(curve))
    content: bytes = b"".join(blocks) + curve
    header = struct.pack(">I4xI4s4s4s", start + len(content), 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    header = header.ljust(36, b"\x00") + b"acsp"
    header = header.ljust(68, b"\x00") + _fixed(np.array(_D50))
    return header.ljust(128, b"\x00") + struct.pack(">I", len(tags) + 3) + table + content


def _matrix_to_d50(primaries: tuple[float, ...]) -> Numbers:
    """Return the matrix from linear RGB to XYZ under D50, adapted by Bradford."""
    chromaticities = np.array(primaries, float).reshape(4, 2)
    if not (chromaticities[:, 1] > 0).all():
        raise ValueError("a chromaticity has no y")
    xyz = np.array([[x / y, 1, (1 - x - y) / y] for x, y in chromaticities]).T
    try:
        matrix = xyz[:, :3] * np.linalg.solve(xyz[:, :3], xyz[:, 3])
    except np.linalg.LinAlgError as error:
        raise ValueError("the primaries lie on a line") from error
    cones = (_BRADFORD @ np.array(_D50)) / (_BRADFORD @ xyz[:, 3])
    adapted: Numbers = np.linalg.inv(_BRADFORD) @ np.diag(cones) @ _BRADFORD @ matrix
    if not np.isfinite(adapted).all() or np.abs(adapted).max() >= 2**15:
        raise ValueError("the primaries are out of range")
    return adapted


def _fixed(values: Numbers) -> bytes:
    return struct.pack(">3i", *np.rint(values * 65536).astype(int).tolist())


def _decode_pq(signal: Numbers) -> Numbers:
    m1, m2, c1, c2, c3 = 1305 / 8192, 2523 / 32, 107 / 128, 2413 / 128, 2392 / 128
    root = signal ** (1 / m2)
    light = (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1)
    return light * (_PQ_PEAK_NITS / _REFERENCE_WHITE_NITS)


def _decode_hlg(signal: Numbers) -> Numbers:
    """Decode for a screen of 1,000 cd/m², on which 75 % is the reference white."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    return scene**1.2 * (1000 / _REFERENCE_WHITE_NITS)
