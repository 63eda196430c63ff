"""Quality of pictures, and of real photographs with faults that were made on purpose."""

import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from domain.images import measure_quality as module
from domain.images.measure_quality import measure_quality
from domain.images.opencv import Pixels
from domain.images.values import Quality, Verdict
from tests.service import REPOSITORY
from tests.unit.images.drawing import process, save

LEAST_RIGHT = 0.9
CHANCE = np.random.default_rng(7)
# Sigma of the blur as a share of the longer side, of the noise in levels; stops of exposure.
FAULTS: dict[Verdict, tuple[float, ...]] = {
    Verdict.BLURRED: (0.008, 0.015),
    Verdict.NOISY: (15, 30),
    Verdict.DARK: (-3, -4),
    Verdict.BRIGHT: (3, 4),
}


def _photographs(folder: Path) -> Iterator[Image.Image]:
    """Give each real picture once, at most 900 pixels wide."""
    paths = [*folder.glob("photos/*.jpg"), *folder.glob("lfw/*.jpg")]
    paths.append(REPOSITORY / "docs/examples/portrait.jpg")
    for path in sorted(paths):
        with Image.open(path) as image:
            picture = ImageOps.exif_transpose(image).convert("RGB")
        picture.thumbnail((900, 900), Image.Resampling.LANCZOS)
        if min(picture.size) >= 48:  # One file is a strip of 25 pixels.
            yield picture


def _spoil(picture: Image.Image, fault: Verdict, much: float) -> Image.Image:
    if fault is Verdict.BLURRED:
        return picture.filter(ImageFilter.GaussianBlur(max(2, much * max(picture.size))))
    levels = np.asarray(picture, np.float64)
    if fault is Verdict.NOISY:
        levels = levels + CHANCE.normal(0, much, levels.shape)
    else:  # Light is linear; the levels are not.
        levels = 255 * np.clip((levels / 255) ** 2.2 * 2**much, 0, 1) ** (1 / 2.2)
    return Image.fromarray(np.rint(levels.clip(0, 255)).astype(np.uint8))


def _quality(picture: Image.Image) -> Quality:
    picture.save(file := io.BytesIO(), "JPEG", quality=90)
    found = process(file.getvalue(), ("quality",)).results["quality"]
    assert isinstance(found, Quality)
    return found


@pytest.mark.slow
def test_made_faults_of_real_photographs_are_named(test_data: Path) -> None:
    """No threshold is fitted here, so every photograph is an unseen one."""
    right: Counter[tuple[Verdict, bool]] = Counter()
    photographs = list(_photographs(test_data))
    assert len(photographs) >= 25
    for picture in photographs:
        whole = _quality(picture).verdicts
        right.update((fault, False) for fault in FAULTS if fault not in whole)
        for fault, strengths in FAULTS.items():
            for much in strengths:
                right[fault, True] += fault in _quality(_spoil(picture, fault, much)).verdicts
    for fault, strengths in FAULTS.items():
        named = right[fault, True] / len(strengths) / len(photographs)
        silent = right[fault, False] / len(photographs)
        assert (named + silent) / 2 >= LEAST_RIGHT, (fault, named, silent)


def test_one_colour_is_blank_and_nothing_else_but_its_exposure() -> None:
    for level, expected in ((128, []), (0, [Verdict.DARK]), (255, [Verdict.BRIGHT])):
        picture = np.full((300, 400), level, np.uint8)
        found = measure_quality(picture)
        assert found.verdicts == [*expected, Verdict.BLANK]
        assert (found.low, found.high, found.contrast, found.entropy) == (level, level, 0, 0)


def test_a_picture_of_few_levels_is_flat() -> None:
    hazy = _gradient() // 8 + 100
    found = measure_quality(hazy.astype(np.uint8))
    assert Verdict.FLAT in found.verdicts
    assert found.high - found.low <= module.FLAT_TO
    assert Verdict.FLAT not in measure_quality(_gradient()).verdicts


def test_figures_are_those_of_their_definitions() -> None:
    chance = np.random.default_rng(1)
    picture = chance.integers(0, 256, (200, 300)).astype(np.uint8)
    found = measure_quality(picture)
    counts = np.bincount(picture.ravel(), minlength=256)
    shares = counts[counts > 0] / picture.size
    assert found.entropy == pytest.approx(-(shares * np.log2(shares)).sum(), rel=1e-3)
    assert found.contrast == pytest.approx(picture.std(), rel=1e-3)
    assert found.low == pytest.approx(np.quantile(picture, 0.05), abs=1)
    assert found.high == pytest.approx(np.quantile(picture, 0.95), abs=1)
    assert found.clipped == pytest.approx((picture >= 250).mean(), rel=1e-2)
    noisy = (_gradient() * 0.5 + 60 + chance.normal(0, 12, _gradient().shape)).clip(0, 255)
    assert measure_quality(noisy.astype(np.uint8)).noise == pytest.approx(12, rel=0.1)


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (1, 400), (400, 1), (3, 3)])
def test_tiny_pictures_have_figures(size: tuple[int, int]) -> None:
    found = measure_quality(np.zeros(size, np.uint8))
    assert found.verdicts == [Verdict.DARK, Verdict.BLANK]


def test_the_order_of_verdicts_is_that_of_their_names() -> None:
    figures: dict[str, Any] = {"sharpness": 1.0, "blur": 0.9, "noise": 9.0, "low": 0, "high": 50}
    rest: dict[str, Any] = {"clipped": 0.5, "contrast": 20.0, "entropy": 4.0, "verdicts": []}
    every = Quality(**figures, **rest)
    assert module.judge(every) == [
        Verdict.BLURRED,
        Verdict.NOISY,
        Verdict.DARK,
        Verdict.BRIGHT,
    ]


def test_a_smaller_copy_has_much_the_same_quality() -> None:
    picture = Image.open(REPOSITORY / "docs/examples/portrait.jpg").convert("L")
    large = process(save(picture.resize((1400, 1400)), "PNG"), ("quality",)).results["quality"]
    small = process(save(picture, "PNG"), ("quality",)).results["quality"]
    assert isinstance(large, Quality)
    assert isinstance(small, Quality)
    assert large.entropy == pytest.approx(small.entropy, rel=0.02)
    assert large.contrast == pytest.approx(small.contrast, rel=0.02)


def _gradient() -> Pixels:
    across: NDArray[Any] = np.linspace(0, 255, 400)[None, :] * np.ones((300, 1))
    return across.astype(np.uint8)
