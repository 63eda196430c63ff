"""Trains a classifier on arrays, and measures it on the hold-out. The only user of scikit-learn."""

from collections import Counter

import numpy as np
import sklearn
import skops.io
from sklearn.linear_model import LogisticRegression

from domain.errors.access import TooFewLabels
from domain.learning.drift import describe, write_reference
from domain.learning.holdout import Sides, TooFewGroups, group_near_duplicates, hold_out
from domain.learning.linear_model import Floats, LinearModel, write_weights
from domain.learning.metrics import Metrics, measure
from domain.learning.models import Algorithm, TrainedModel, TrainedOn
from domain.version import VERSION
from storage.learning.examples import Examples

INVERSE_REGULARIZATION = 100.0
"""Vectors have length 1, so the default of 1 keeps the weights too small: of digits 81 % instead of
94 % are right with 40 labels a class."""
MOST_ITERATIONS = 500
FEWEST_CLASSES = 2


def train_model(examples: Examples, min_labels: int, live: LinearModel | None) -> TrainedModel:
    """Train a model on labelled images, and test it with those that are held out.

    Classes with fewer labels than `min_labels` are left out. The model is not trained on the
    hold-out afterwards either: the next one is compared with it on the same images.

    Args:
        examples: Labelled images.
        min_labels: Fewest labels of a class.
        live: The live model, which is measured on the same hold-out.

    Raises:
        TooFewLabels: Fewer than two classes have enough labels, or a class has copies of one
            picture only.
    """
    counts = Counter(examples.values)
    classes = sorted(value for value, count in counts.items() if count >= min_labels)
    if len(classes) < FEWEST_CLASSES or examples.until is None:
        raise TooFewLabels(_advice(counts, min_labels))
    used = [index for index, value in enumerate(examples.values) if value in set(classes)]
    values = np.array([examples.values[index] for index in used])
    held = _hold_out(examples, used)
    vectors = examples.vectors if len(used) == len(examples.values) else examples.vectors[used]
    training, testing = vectors[~held], vectors[held]
    estimator = LogisticRegression(C=INVERSE_REGULARIZATION, max_iter=MOST_ITERATIONS)
    estimator.fit(training, values[~held])
    model = LinearModel(
        tuple(str(value) for value in estimator.classes_), estimator.coef_, estimator.intercept_
    )
    truth = [str(value) for value in values[held]]
    predicted = [found.value for found in model.predict(training)]
    return TrainedModel(
        classes=model.classes,
        algorithm=Algorithm("LogisticRegression", f"scikit-learn {sklearn.__version__}", VERSION),
        trained_on=TrainedOn(
            images=len(used),
            users=len(examples.users),
            until=examples.until,
            labels=len(examples.values),
            left_out={v: n for v, n in sorted(counts.items()) if v not in set(classes)},
        ),
        metrics=measure(model.classes, truth, model.probabilities(testing)),
        live_metrics=None if live is None else _measure_live(live, model.classes, truth, testing),
        estimator=skops.io.dumps(estimator),
        weights=write_weights(model),
        reference=write_reference(describe(training, predicted, model.classes)),
    )


def _hold_out(examples: Examples, used: list[int]) -> Sides:
    """Choose the images that test the model.

    Raises:
        TooFewLabels: A class has copies of one picture only.
    """
    try:
        return hold_out(_groups(examples, used), [examples.values[index] for index in used])
    except TooFewGroups as error:
        raise TooFewLabels(
            f"All images of the class {error.value} are copies of one picture, or share it with "
            "other classes. Label pictures that differ: one trains the model, another tests it."
        ) from error


def _groups(examples: Examples, used: list[int]) -> list[str]:
    """Name the group of near-duplicates of each image by its oldest picture.

    Images come newest first. Those without a fingerprint are grouped by their bytes.
    """
    oldest_first = used[::-1]
    prints = [(n, p) for n in oldest_first if (p := examples.fingerprints[n]) is not None]
    first_of = group_near_duplicates([fingerprint for _, fingerprint in prints])
    name = {
        number: f"{prints[first][1]:x}" for (number, _), first in zip(prints, first_of, strict=True)
    }
    return [name.get(number, examples.hashes[number]) for number in used]


def _measure_live(
    live: LinearModel, classes: tuple[str, ...], truth: list[str], vectors: Floats
) -> Metrics:
    """Measure the live model, which may know other classes."""
    every = sorted({*classes, *live.classes})
    found = np.zeros((len(vectors), len(every)), np.float32)
    found[:, [every.index(value) for value in live.classes]] = live.probabilities(vectors)
    return measure(every, truth, found)


def _advice(counts: Counter[str], min_labels: int) -> str:
    if not counts:
        return (
            f"No labelled image has an embedding. At least {FEWEST_CLASSES} classes need "
            f"{min_labels} labelled images each, processed with the operation embedding."
        )
    shown = ", ".join(f"{value}: {count}" for value, count in counts.most_common(10))
    return (
        f"At least {FEWEST_CLASSES} classes need {min_labels} labelled images each, with an "
        f"embedding. There are {shown}."
    )
