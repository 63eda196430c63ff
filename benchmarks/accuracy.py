"""``python -m benchmarks.accuracy``: how many unseen pictures a model names rightly, by its labels.

The descriptor of the service is compared with a classical one (edges and colours) and with chance.
Pictures that are at hand: the handwritten digits of scikit-learn; parts of real photographs, where
the kind is the photograph, learned from its left half and tested on its right; photographs with
made faults, split by photograph. ``--folder`` takes pictures of your own: a folder for each kind.
"""

import argparse
import io
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter, ImageOps
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from benchmarks.harness.pictures import find_test_data
from domain.images.formats import ImageFormat
from domain.images.opencv import Pixels, cv2
from domain.images.pipeline import process_image
from domain.learning.linear_model import unit_vectors
from domain.limits import ImageLimits
from tasks.learning.train_model import INVERSE_REGULARIZATION, MOST_ITERATIONS

Floats = npt.NDArray[np.float32]
LABELS = (5, 10, 50)
MOST_UNSEEN = 40
"""Of each kind."""
ROUNDS = 3
"""With other pictures as the labelled ones each time."""
CLASSICAL_STRENGTHS = (0.01, 0.1)
"""The classical descriptor has the best of these on the unseen pictures, which favours it."""
FAULTS = ("whole", "blurred", "noisy", "dark", "bright")
PARTS, PART_PX, WIDEST_PX = 12, 224, 900


class Picture(NamedTuple):
    """A picture of a kind; those of the hold-out are never labelled."""

    kind: str
    pixels: Pixels
    is_held_out: bool = False


class Described(NamedTuple):
    """Pictures of a data set with both descriptors; those without a hold-out are split anew."""

    kinds: npt.NDArray[np.str_]
    embeddings: Floats
    classical: Floats
    held_out: npt.NDArray[np.bool_]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="make accuracy", description=__doc__)
    parser.add_argument("--folder", type=Path, help="pictures of your own, a folder for each kind")
    parser.add_argument("--only", choices=SETS, help="one of the sets that are at hand")
    options = parser.parse_args(arguments)
    sets = SETS if options.only is None else {options.only: SETS[options.only]}
    if options.folder is not None:
        sets = {options.folder.name: partial(read_folder, options.folder)}
    print(f"{'pictures':12} {'kinds':>5} {'labels':>6} {'model':>7} {'classical':>9} {'chance':>6}")
    for name, draw in sets.items():
        described = describe(draw())
        kinds = len(set(described.kinds))
        for labels in LABELS:
            with threadpool_limits(1):  # Fits are small: threads would wait for each other.
                found = measure(described, labels)
            if found is not None:
                ours, classical = found
                row = f"{ours:7.1%} {classical:9.1%} {1 / kinds:6.1%}"
                print(f"{name:12} {kinds:5} {labels:6} {row}", flush=True)


def describe(pictures: Iterator[Picture]) -> Described:
    """Describe pictures as the service does, from a file, and classically."""
    kinds, held = list[str](), list[bool]()
    embeddings, classical = list[bytes](), list[Floats]()
    for kind, pixels, is_held_out in pictures:
        Image.fromarray(pixels).save(file := io.BytesIO(), "JPEG", quality=92)
        found = process_image(
            file.getvalue(), ImageFormat.JPEG, ("embedding",), ImageLimits(), lambda: None
        )
        embedding = found.results["embedding"]
        assert isinstance(embedding, bytes)
        kinds.append(kind)
        held.append(is_held_out)
        embeddings.append(embedding)
        classical.append(describe_classically(pixels))
    return Described(np.array(kinds), unit_vectors(embeddings), np.stack(classical), np.array(held))


def describe_classically(pixels: Pixels) -> Floats:
    """Describe edges and colours in 444 numbers: HOG, an HSV histogram, and 4 × 4 means in Lab."""
    small = cv2.resize(pixels, (64, 64), interpolation=cv2.INTER_AREA)
    hog = cv2.HOGDescriptor((64, 64), (16, 16), (16, 16), (8, 8), 9)
    edges = np.asarray(hog.compute(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY))).ravel()
    hsv = cv2.cvtColor(small, cv2.COLOR_RGB2HSV)
    colors = cv2.calcHist([hsv], [0, 1, 2], None, [8, 3, 3], [0, 180, 0, 256, 0, 256]).ravel()
    tiny = cv2.resize(small, (4, 4), interpolation=cv2.INTER_AREA)
    means = cv2.cvtColor(tiny, cv2.COLOR_RGB2Lab).ravel() / 255
    return np.concatenate([edges, colors / colors.sum(), means]).astype(np.float32)


def measure(described: Described, labels: int) -> tuple[float, float] | None:
    """Return the accuracies on unseen pictures; None if a kind has too few pictures."""
    ours = list[float]()
    classical: dict[float, list[float]] = defaultdict(list)
    for seed in range(ROUNDS):
        split = _split(described, labels, np.random.default_rng(seed))
        if split is None:
            return None
        known, unseen = split
        truth = described.kinds[unseen]
        model = LogisticRegression(C=INVERSE_REGULARIZATION, max_iter=MOST_ITERATIONS)
        model.fit(described.embeddings[known], described.kinds[known])
        ours.append(float((model.predict(described.embeddings[unseen]) == truth).mean()))
        for strength in CLASSICAL_STRENGTHS:
            logistic = LogisticRegression(C=strength, max_iter=MOST_ITERATIONS)
            other = make_pipeline(StandardScaler(), logistic)
            other.fit(described.classical[known], described.kinds[known])
            right = other.predict(described.classical[unseen]) == truth
            classical[strength].append(float(right.mean()))
    return float(np.mean(ours)), max(float(np.mean(each)) for each in classical.values())


def _split(
    described: Described, labels: int, chance: np.random.Generator
) -> tuple[list[int], list[int]] | None:
    known, unseen = list[int](), list[int]()
    has_hold_out = bool(described.held_out.any())
    for kind in sorted(set(described.kinds)):
        of_kind = chance.permutation(np.flatnonzero(described.kinds == kind))
        held = described.held_out[of_kind]
        first = of_kind[~held] if has_hold_out else of_kind[:-MOST_UNSEEN]
        rest = of_kind[held] if has_hold_out else of_kind[-MOST_UNSEEN:]
        if len(first) < labels or not len(rest):
            return None
        known += first[:labels].tolist()
        unseen += rest[:MOST_UNSEEN].tolist()
    return known, unseen


def draw_digits() -> Iterator[Picture]:
    """Draw the handwritten digits as pictures of 64 × 64 pixels."""
    digits = load_digits()
    seen: dict[int, int] = defaultdict(int)
    for levels, digit in zip(digits.images, digits.target, strict=True):
        seen[digit] += 1
        if seen[digit] <= max(LABELS) + MOST_UNSEEN:
            gray = Image.fromarray((levels * 15.9).astype(np.uint8))
            large = gray.resize((64, 64), Image.Resampling.BICUBIC).convert("RGB")
            yield Picture(str(digit), np.asarray(large))


def cut_photographs() -> Iterator[Picture]:
    """Cut parts from photographs: the left half is known, the right one is unseen."""
    for name, picture in _photographs():
        chance = np.random.default_rng(len(name))
        for half in (0, 1):
            width, height = picture.width // 2, picture.height
            side = int(min(width, height) * 0.6)
            for _ in range(PARTS):
                left = half * width + int(chance.integers(0, width - side + 1))
                top = int(chance.integers(0, height - side + 1))
                part = picture.crop((left, top, left + side, top + side))
                pixels = np.asarray(part.resize((PART_PX, PART_PX), Image.Resampling.BICUBIC))
                yield Picture(name, pixels, is_held_out=half == 1)


def spoil_photographs() -> Iterator[Picture]:
    """Make faults in parts of photographs; every second photograph is unseen."""
    for number, (name, picture) in enumerate(_photographs()):
        chance = np.random.default_rng(len(name))
        side = int(min(picture.size) * 0.8)
        for _ in range(2):
            left = int(chance.integers(0, picture.width - side + 1))
            top = int(chance.integers(0, picture.height - side + 1))
            part = picture.crop((left, top, left + side, top + side))
            whole = part.resize((2 * PART_PX, 2 * PART_PX), Image.Resampling.BICUBIC)
            for fault in FAULTS:
                yield Picture(fault, _spoil(whole, fault, chance), is_held_out=number % 2 == 1)


def _spoil(picture: Image.Image, fault: str, chance: np.random.Generator) -> Pixels:
    levels = np.asarray(picture, np.float64)
    if fault == "blurred":
        levels = np.asarray(picture.filter(ImageFilter.GaussianBlur(5)), np.float64)
    elif fault == "noisy":
        levels = levels + chance.normal(0, 25, levels.shape)
    elif fault in {"dark", "bright"}:
        stops = -3.5 if fault == "dark" else 3.5
        levels = 255 * np.clip((levels / 255) ** 2.2 * 2**stops, 0, 1) ** (1 / 2.2)
    return np.asarray(np.rint(levels.clip(0, 255)), np.uint8)


def read_folder(folder: Path) -> Iterator[Picture]:
    """Read the pictures of a folder, which has a folder for each kind."""
    for path in sorted(folder.glob("*/*")):
        with Image.open(path) as image:
            yield Picture(path.parent.name, np.asarray(_upright(image)))


def _photographs() -> Iterator[tuple[str, Image.Image]]:
    folder = find_test_data()
    for path in sorted([*folder.glob("photos/*.jpg"), *folder.glob("lfw/*.jpg")]):
        with Image.open(path) as image:
            picture = _upright(image)
        if min(picture.size) >= 2 * 48:
            yield path.stem, picture


def _upright(image: Image.Image) -> Image.Image:
    picture = ImageOps.exif_transpose(image).convert("RGB")
    picture.thumbnail((WIDEST_PX, WIDEST_PX), Image.Resampling.LANCZOS)
    return picture


SETS: Mapping[str, Callable[[], Iterator[Picture]]] = {
    "digits": draw_digits,  # Of scikit-learn.
    "halves": cut_photographs,
    "faults": spoil_photographs,
}


if __name__ == "__main__":
    main()
