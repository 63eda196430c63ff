"""Photos for measurements: real ones, varied so that no two have the same bytes."""

import io
import os
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SMALL_QUALITY = (86, 93)
SMALL_SHIFT_PX = 6
LARGE_SIZE = (4000, 3000)
LARGE_QUALITY = (84, 91)
LARGE_SPARE_PX = 64
LARGE_PHOTOS = ("iphone_hdr_YES.jpg", "jolla.jpg", "canon_hdr_YES.jpg")

Pixels = NDArray[np.uint8]


def find_test_data() -> Path:
    """Find the folder of real pictures.

    Raises:
        FileNotFoundError: There is none.
    """
    named = os.environ.get("MINILAB_TEST_DATA")
    beside = Path(__file__).parents[3] / "shared" / "test-data"
    folder = Path(named) if named else beside
    if not folder.is_dir():
        raise FileNotFoundError("set MINILAB_TEST_DATA to the folder of the real pictures")
    return folder


def write_small(folder: Path, count: int, seed: int) -> list[Path]:
    """Write portraits of 250 × 250 pixels and 10 to 20 KB, each with a face in it.

    Args:
        folder: The folder of the files; it is created.
        count: Number of files.
        seed: Seed of the variations.

    Returns:
        The paths of the files.
    """
    originals = [_read(path)[0] for path in sorted((find_test_data() / "lfw").glob("*.jpg"))]
    return _write(folder, count, seed, cycle([partial(_vary_small, of) for of in originals]))


def write_large(folder: Path, count: int, seed: int) -> list[Path]:
    """Write photos of 12 megapixels and 2 to 5 MB, with the EXIF block of their camera."""
    size = LARGE_SIZE[0] + LARGE_SPARE_PX, LARGE_SIZE[1] + LARGE_SPARE_PX
    draws: list[Callable[[np.random.Generator], bytes]] = []
    for name in LARGE_PHOTOS:
        pixels, exif = _read(find_test_data() / "photos" / name, size)
        draws.append(partial(_vary_large, pixels, exif))
    return _write(folder, count, seed, cycle(draws))


def _write(
    folder: Path, count: int, seed: int, draws: Iterator[Callable[[np.random.Generator], bytes]]
) -> list[Path]:
    folder.mkdir(parents=True)
    paths = []
    for number, draw in zip(range(count), draws, strict=False):
        path = folder / f"{number:05}.jpg"
        path.write_bytes(draw(np.random.default_rng((seed, number))))
        paths.append(path)
    return paths


def _read(path: Path, size: tuple[int, int] | None = None) -> tuple[Pixels, bytes]:
    with Image.open(path) as image:
        exif = image.info.get("exif", b"")
        rgb = image.convert("RGB")
    if size is not None:
        rgb = rgb.resize(size, Image.Resampling.BICUBIC)
        # Enlarged pixels are too smooth for a camera: add its noise.
        noise = np.random.default_rng(7).normal(0, 3, (size[1], size[0], 1))
        return np.clip(np.asarray(rgb) + noise, 0, 255).astype(np.uint8), exif
    return np.asarray(rgb), exif


def _vary_small(pixels: Pixels, random: np.random.Generator) -> bytes:
    down, right = random.integers(-SMALL_SHIFT_PX, SMALL_SHIFT_PX + 1, 2)
    edge = ((SMALL_SHIFT_PX,) * 2, (SMALL_SHIFT_PX,) * 2, (0, 0))
    padded = np.pad(pixels, edge, "reflect")
    height, width = pixels.shape[:2]
    top, left = SMALL_SHIFT_PX + down, SMALL_SHIFT_PX + right
    shifted = padded[top : top + height, left : left + width]
    noisy = shifted + random.normal(0, 1, shifted.shape)
    return encode_jpeg(_brighten(noisy, random), int(random.integers(*SMALL_QUALITY)))


def _vary_large(pixels: Pixels, exif: bytes, random: np.random.Generator) -> bytes:
    top, left = random.integers(0, LARGE_SPARE_PX, 2)
    part = pixels[top : top + LARGE_SIZE[1], left : left + LARGE_SIZE[0]]
    brightness = np.clip(np.arange(256) + random.integers(-12, 13), 0, 255).astype(np.uint8)
    return encode_jpeg(brightness[part], int(random.integers(*LARGE_QUALITY)), exif)


def _brighten(pixels: NDArray[np.float64], random: np.random.Generator) -> Pixels:
    return np.clip(pixels + random.integers(-12, 13), 0, 255).astype(np.uint8)


def encode_jpeg(pixels: Pixels, quality: int, exif: bytes = b"") -> bytes:
    """Encode RGB pixels, shape (height, width, 3), as a JPEG."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, exif=exif)
    return file.getvalue()
