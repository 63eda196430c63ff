import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from domain.fingerprints import count_differing_bits, signed_fingerprint
from domain.images.compute_fingerprint import compute_fingerprint
from domain.images.opencv import cv2
from tests.unit.images.drawing import draw, process, save


def _differing_bits(first: str, second: str) -> int:
    return count_differing_bits(signed_fingerprint(first), signed_fingerprint(second))


def _fingerprint(picture: Image.Image, **options: int) -> str:
    found = process(save(picture.convert("RGB"), "JPEG", **options), ("fingerprint",)).results
    assert isinstance(found["fingerprint"], str)
    return found["fingerprint"]


@pytest.fixture
def photo(photos: Path) -> Image.Image:
    return Image.open(io.BytesIO((photos / "DSCN0010.jpg").read_bytes()))


def test_is_sixteen_hex_digits_and_stable() -> None:
    first = _fingerprint(draw())
    assert len(first) == 16
    assert int(first, 16) >= 0
    assert first == _fingerprint(draw())


def test_each_bit_says_whether_a_frequency_lies_above_the_median() -> None:
    for seed in range(100):
        levels = np.random.default_rng(seed).integers(0, 256, (32, 32), np.uint8)
        # Few levels give equal frequencies.
        gray = np.ascontiguousarray(levels // (1 + seed % 128) * (1 + seed % 128))
        low = cv2.dct(gray.astype(np.float32))[1:9, 1:9]
        expected = np.packbits(low > np.median(low)).tobytes().hex()
        assert compute_fingerprint(gray) == expected


def test_survives_scaling_compression_and_light(photo: Image.Image) -> None:
    original = _fingerprint(photo, quality=95)
    for other in (
        _fingerprint(photo, quality=30),
        _fingerprint(photo.resize((320, 240)), quality=80),
        _fingerprint(photo.resize((1900, 1425)), quality=80),
        _fingerprint(ImageEnhance.Brightness(photo).enhance(1.2), quality=80),
        _fingerprint(photo.convert("L"), quality=80),
    ):
        assert _differing_bits(original, other) <= 8


def test_tells_different_photos_apart(photos: Path) -> None:
    names = ["DSCN0010.jpg", "Canon_40D.jpg", "jolla.jpg", "no_exif.jpg", "nikon-e950.jpg"]
    prints = []
    for name in names:
        found = process((photos / name).read_bytes(), ("fingerprint",)).results
        prints.append(str(found["fingerprint"]))
    pairs = [(a, b) for index, a in enumerate(prints) for b in prints[index + 1 :]]
    assert min(_differing_bits(a, b) for a, b in pairs) > 16


def test_a_flat_picture_has_one_too() -> None:
    assert compute_fingerprint(np.full((40, 40), 128, np.uint8)) == "0" * 16
