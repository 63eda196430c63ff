"""Metrics of a classifier, measured on images that it was not trained on."""

from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
CALIBRATION_BINS = 10


class ClassMetrics(msgspec.Struct, frozen=True):
    """The metrics of one class.

    Attributes:
        precision: Share of the predictions of the class that are right, 0 to 1.
        recall: Share of the images of the class that are found, 0 to 1.
        f1: Harmonic mean of both, 0 to 1.
        images: Number of images of the class.
    """

    precision: float
    recall: float
    f1: float
    images: int


class CalibrationBin(msgspec.Struct, frozen=True):
    """Predictions whose probability is in one range.

    Attributes:
        probability: Their mean probability, 0 to 1.
        accuracy: Share of them that is right, 0 to 1; it equals the probability if the model
            knows how sure it may be.
        images: Number of them.
    """

    probability: float
    accuracy: float
    images: int


class Metrics(msgspec.Struct, frozen=True):
    """What a model reaches on the hold-out.

    Attributes:
        accuracy: Share of right predictions, 0 to 1.
        macro_f1: Mean F1, 0 to 1, of the classes that occur as a label or a prediction.
        images: Number of images in the hold-out.
        chance: Accuracy of a guess that always names the most frequent class, 0 to 1.
        per_class: By class.
        confusion: Numbers of images; a row is the class by the label, a column the predicted one.
        calibration: Ranges of the probability, from low to high, without empty ones.
        calibration_error: Mean distance of accuracy and probability, 0 to 1.
    """

    accuracy: float
    macro_f1: float
    images: int
    chance: float
    per_class: dict[str, ClassMetrics]
    confusion: list[list[int]]
    calibration: list[CalibrationBin]
    calibration_error: float


def measure(classes: Sequence[str], truth: Sequence[str], probabilities: Floats) -> Metrics:
    """Measure predictions against labels.

    Args:
        classes: The classes, in the order of the columns.
        truth: The label of each image; one of the classes.
        probabilities: A row for each image, one at least.

    Source: T. Fawcett, "An introduction to ROC analysis", 2006, for precision and recall;
    C. Guo et al., "On Calibration of Modern Neural Networks", 2017, §2, for the calibration.
    """
    index = {value: number for number, value in enumerate(classes)}
    true = np.array([index[value] for value in truth])
    guessed, surest = probabilities.argmax(axis=1), probabilities.max(axis=1)
    confusion = np.zeros((len(classes), len(classes)), np.int64)
    np.add.at(confusion, (true, guessed), 1)
    right = confusion.diagonal()
    of_class, of_guess = confusion.sum(axis=1), confusion.sum(axis=0)
    per_class = {
        value: ClassMetrics(
            precision=_share(right[n], of_guess[n]),
            recall=_share(right[n], of_class[n]),
            f1=_share(2 * right[n], of_class[n] + of_guess[n]),
            images=int(of_class[n]),
        )
        for value, n in index.items()
    }
    there = [value for value, n in index.items() if of_class[n] + of_guess[n] > 0]
    bins = _calibration(surest, guessed == true)
    gaps = [one.images * abs(one.accuracy - one.probability) for one in bins]
    return Metrics(
        accuracy=_share(right.sum(), len(true)),
        macro_f1=float(np.mean([per_class[value].f1 for value in there])),
        images=len(true),
        chance=_share(of_class.max(), len(true)),
        per_class=per_class,
        confusion=confusion.tolist(),
        calibration=bins,
        calibration_error=sum(gaps) / len(true),
    )


def _calibration(surest: Floats, is_right: npt.NDArray[np.bool_]) -> list[CalibrationBin]:
    number = np.minimum((surest * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    bins = []
    for bin_number in range(CALIBRATION_BINS):
        inside = number == bin_number
        if count := int(inside.sum()):
            bins.append(
                CalibrationBin(float(surest[inside].mean()), float(is_right[inside].mean()), count)
            )
    return bins


def _share(part: np.integer | int, whole: np.integer | int) -> float:
    return float(part / whole) if whole else 0.0
