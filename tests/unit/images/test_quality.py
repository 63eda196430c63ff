"""Quality of pictures, and of real photographs with faults that were made on purpose."""

import io
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps
from sklearn.datasets import load_sample_images

from domain.images import measure_quality as module
from domain.images.measure_quality import measure_quality
from domain.images.opencv import Pixels
from domain.images.values import Quality, Verdict
from tests.service import REPOSITORY
from tests.unit.images.drawing import process, save

Floats = NDArray[np.float64]
LEAST_RIGHT = 0.9
LONGER_SIDE_PX, SMALLEST_PX = 900, 48
# Sigma of the blur as a share of the longer side, of the noise in levels; stops of exposure.
FAULTS: dict[Verdict, tuple[float, ...]] = {
    Verdict.BLURRED: (0.008, 0.015),
    Verdict.NOISY: (15, 30),
    Verdict.DARK: (-3, -4),
    Verdict.BRIGHT: (3, 4),
}
# What each verdict looks at, so that a larger number means more of the fault; and its threshold.
FIGURES: dict[Verdict, tuple[Callable[[Quality], float], float]] = {
    Verdict.BLURRED: (lambda found: found.blur, module.BLURRED_FROM),
    Verdict.NOISY: (lambda found: found.noise, module.NOISY_FROM),
    Verdict.DARK: (lambda found: -found.high, -module.DARK_TO),
    Verdict.BRIGHT: (module.glare_of, module.BRIGHT_FROM),
}
MARGIN = 0.25
"""Of the range of thresholds that are equally good, from its end with the faults: a good photograph
that is called faulty annoys more than a faulty one that is not."""


class Judged(NamedTuple):
    """The figures of a photograph, whole and with each fault."""

    whole: Quality
    spoiled: dict[Verdict, list[Quality]]


def _photographs(folder: Path) -> Iterator[tuple[str, Image.Image]]:
    """Give each real photograph once, by its name: of the test data, scikit-learn, and our own."""
    paths = [*folder.glob("photos/*.jpg"), *folder.glob("lfw/*.jpg")]
    paths.append(REPOSITORY / "docs/examples/portrait.jpg")
    found = []
    for path in paths:
        with Image.open(path) as image:
            found.append((path.name, ImageOps.exif_transpose(image).convert("RGB")))
    samples = load_sample_images()
    names = [Path(name).name for name in samples.filenames]
    found += [(n, Image.fromarray(p)) for n, p in zip(names, samples.images, strict=True)]
    for name, picture in sorted(found, key=lambda named: named[0]):
        picture.thumbnail((LONGER_SIDE_PX, LONGER_SIDE_PX), Image.Resampling.LANCZOS)
        if min(picture.size) >= SMALLEST_PX:  # One file is a strip of 25 pixels.
            yield name, picture


def _spoil(picture: Image.Image, fault: Verdict, much: float) -> Image.Image:
    if fault is Verdict.BLURRED:
        return picture.filter(ImageFilter.GaussianBlur(max(2, much * max(picture.size))))
    levels = np.asarray(picture, np.float64)
    if fault is Verdict.NOISY:
        levels = levels + np.random.default_rng(7).normal(0, much, levels.shape)
    else:  # Light is linear; the levels are not.
        levels = 255 * np.clip((levels / 255) ** 2.2 * 2**much, 0, 1) ** (1 / 2.2)
    return Image.fromarray(np.rint(levels.clip(0, 255)).astype(np.uint8))


def _quality(picture: Image.Image) -> Quality:
    picture.save(file := io.BytesIO(), "JPEG", quality=90)
    found = process(file.getvalue(), ("quality",)).results["quality"]
    assert isinstance(found, Quality)
    return found


@pytest.fixture(scope="module")
def halves(test_data: Path) -> tuple[list[Judged], list[Judged]]:
    """The photographs in two halves, every second one by name; no photograph is in both."""
    judged = [
        Judged(
            _quality(picture),
            {f: [_quality(_spoil(picture, f, much)) for much in FAULTS[f]] for f in FAULTS},
        )
        for _, picture in _photographs(test_data)
    ]
    assert len(judged) >= 25
    return judged[::2], judged[1::2]


def _figures(photographs: list[Judged], fault: Verdict) -> tuple[Floats, Floats]:
    """Return the figures of whole photographs, and of those with a fault."""
    figure, _ = FIGURES[fault]
    whole = [figure(one.whole) for one in photographs]
    return np.array(whole), np.array([figure(q) for one in photographs for q in one.spoiled[fault]])


def _right(whole: Floats, faulty: Floats, threshold: float) -> tuple[float, float]:
    """Return the share of faults that are named, and of whole photographs that are not accused."""
    return float((faulty >= threshold).mean()), float((whole < threshold).mean())


def _choose(whole: Floats, faulty: Floats) -> float:
    """Choose the threshold that is right most often, in the widest range of equally good ones."""
    values: list[float] = np.unique(np.concatenate([whole, faulty])).tolist()
    ranges = list(pairwise(values))
    right = [sum(_right(whole, faulty, (low + high) / 2)) for low, high in ranges]
    best = [ends for ends, of in zip(ranges, right, strict=True) if of > max(right) - 1e-9]
    low, high = max(best, key=lambda ends: ends[1] - ends[0])
    return high - MARGIN * (high - low)


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_made_faults_of_unseen_photographs_are_named(
    halves: tuple[list[Judged], list[Judged]], fault: Verdict
) -> None:
    """The threshold in force was chosen on the first half; the second half measures it."""
    chosen_on, unseen = halves
    _, threshold = FIGURES[fault]
    assert threshold == pytest.approx(_choose(*_figures(chosen_on, fault)), rel=0.005)
    named, silent = _right(*_figures(unseen, fault), threshold)
    print(f"{fault}: {named:.1%} of faults named, {silent:.1%} of whole photographs not accused")
    assert min(named, silent) >= LEAST_RIGHT
    verdicts = [fault in q.verdicts for one in unseen for q in one.spoiled[fault]]
    assert np.mean(verdicts) == named


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_thresholds_of_either_half_are_right_on_the_other(
    halves: tuple[list[Judged], list[Judged]], fault: Verdict
) -> None:
    unseen, chosen_on = halves
    threshold = _choose(*_figures(chosen_on, fault))
    assert min(_right(*_figures(unseen, fault), threshold)) >= LEAST_RIGHT


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
    assert found.mean == pytest.approx(picture.mean(), rel=1e-3)
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
    rest["mean"] = 100.0
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
