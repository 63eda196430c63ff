"""Learning in plain NumPy: hold-out, metrics, drift, predictions, the gate."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    precision_recall_fscore_support,
)

from domain.learning.drift import (
    ALERT_AT,
    Reference,
    class_index,
    describe,
    feature_index,
    read_reference,
    write_reference,
)
from domain.learning.holdout import TooFewGroups, group_near_duplicates, hold_out
from domain.learning.linear_model import LinearModel, read_weights, unit_vectors, write_weights
from domain.learning.metrics import Metrics, measure
from domain.learning.promotion import refuse_promotion

RANDOM = np.random.default_rng(1)


def _vectors(count: int, features: int = 64) -> np.ndarray:
    return RANDOM.normal(size=(count, features)).astype(np.float32)


def _fit(classes: int) -> tuple[LogisticRegression, LinearModel, np.ndarray]:
    vectors, values = _vectors(300), RANDOM.integers(0, classes, 300).astype(str)
    fitted = LogisticRegression(C=10).fit(vectors, values)
    exported = LinearModel(tuple(fitted.classes_), fitted.coef_, fitted.intercept_)
    return fitted, exported, vectors


def test_near_duplicates_are_one_group_also_through_others_between_them() -> None:
    start = 0x0123_4567_89AB_CDEF
    chain = [start, start ^ 0b1111, start ^ 0b1111_1111]
    far = start ^ 0xFFFF_0000
    assert group_near_duplicates([*chain, far, start]) == [0, 0, 0, 3, 0]


def test_groups_equal_those_of_all_pairs() -> None:
    few = RANDOM.integers(0, 2**63, 60)
    near = [int(one) ^ (1 << int(bit)) for one in few for bit in RANDOM.integers(0, 63, 3)]
    prints = [int(one) for one in few] + near
    groups = group_near_duplicates(prints)
    for first, one in enumerate(prints):
        for second, other in enumerate(prints):
            if (one ^ other).bit_count() <= 4:
                assert groups[first] == groups[second]
    assert len(set(groups)) == 60


def test_copies_are_on_the_same_side_and_stay_there_when_images_are_added() -> None:
    groups = [f"g{number // 3}" for number in range(900)]
    values = [str(number // 3 % 5) for number in range(900)]
    held = hold_out(groups, values)
    assert 0.15 < held.mean() < 0.35
    assert all(held[start] == held[start + 1] == held[start + 2] for start in range(0, 900, 3))
    more = hold_out([*groups, *(f"new{n}" for n in range(500))], [*values, *["0"] * 500])
    assert (more[:900] == held).all()


def test_each_class_is_on_both_sides() -> None:
    groups = [f"g{number}" for number in range(12)]
    values = [str(number // 2) for number in range(12)]
    held = hold_out(groups, values)
    for value in set(values):
        sides = {bool(side) for side, of in zip(held, values, strict=True) if of == value}
        assert sides == {True, False}


def test_a_class_with_copies_of_one_picture_only_is_refused() -> None:
    with pytest.raises(TooFewGroups) as refusal:
        hold_out(["a", "a", "b", "c"], ["cat", "cat", "dog", "dog"])
    assert refusal.value.value == "cat"


def test_metrics_equal_those_of_scikit_learn() -> None:
    fitted, exported, vectors = _fit(4)
    truth = RANDOM.choice(fitted.classes_, 300)
    found = measure(exported.classes, list(truth), exported.probabilities(vectors))
    guessed = fitted.predict(vectors)
    assert found.accuracy == pytest.approx(accuracy_score(truth, guessed))
    assert found.macro_f1 == pytest.approx(f1_score(truth, guessed, average="macro"))
    assert found.confusion == confusion_matrix(truth, guessed).tolist()
    parts = precision_recall_fscore_support(truth, guessed)
    for number, value in enumerate(exported.classes):
        one = found.per_class[value]
        expected = [float(part[number]) for part in parts]
        assert [one.precision, one.recall, one.f1, one.images] == pytest.approx(expected)
    assert sum(one.images for one in found.calibration) == 300
    assert 0 <= found.calibration_error <= 1


def test_calibration_of_a_model_that_is_always_sure_and_half_right() -> None:
    sure = np.tile(np.array([[1.0, 0.0]], np.float32), (10, 1))
    found = measure(["a", "b"], ["a", "b"] * 5, sure)
    assert (found.accuracy, found.calibration_error, found.chance) == (0.5, 0.5, 0.5)


def test_predictions_of_two_classes_equal_those_of_scikit_learn_but_for_the_last_bit() -> None:
    fitted, exported, vectors = _fit(2)
    ours, theirs = exported.probabilities(vectors), fitted.predict_proba(vectors)
    assert (np.abs(ours - theirs) <= np.spacing(np.float32(1))).all()
    assert (ours == theirs).mean() > 0.99


@pytest.mark.parametrize("classes", [3, 10])
def test_predictions_equal_those_of_scikit_learn_to_the_last_bit(classes: int) -> None:
    fitted, exported, vectors = _fit(classes)
    ours = read_weights(write_weights(exported)).probabilities(vectors)
    assert ours.dtype == np.float32
    assert (ours == fitted.predict_proba(vectors)).all()
    best = [one.value for one in exported.predict(vectors)]
    assert best == list(fitted.predict(vectors))


def test_embeddings_become_vectors_of_length_one_and_zeros_stay() -> None:
    vectors = np.abs(_vectors(3, 1280)).astype("<f2")
    vectors[1] = 0
    read = unit_vectors([row.tobytes() for row in vectors])
    assert np.linalg.norm(read, axis=1) == pytest.approx([1, 0, 1], abs=1e-5)
    assert unit_vectors([]).shape == (0, 1280)


def _reference(vectors: np.ndarray) -> Reference:
    predicted = ["a" if row[0] > 0 else "b" for row in vectors]
    return read_reference(write_reference(describe(vectors, predicted, ["a", "b"])))


def test_drift_is_silent_on_ten_resamples_and_fires_on_a_shift() -> None:
    reference = _reference(_vectors(400))
    for _ in range(10):
        index = feature_index(reference, _vectors(100))
        assert index is not None
        assert index < ALERT_AT / 2
    shifted = feature_index(reference, _vectors(100) + np.float32(0.8))
    assert shifted is not None
    assert shifted > ALERT_AT


def test_drift_of_predicted_classes() -> None:
    reference = _reference(_vectors(400))
    even = class_index(reference, ["a", "b"] * 60)
    skewed = class_index(reference, ["a"] * 110 + ["b"] * 10)
    assert even is not None
    assert skewed is not None
    assert even < ALERT_AT < skewed


def test_values_that_many_images_share_are_no_drift() -> None:
    zeros = np.maximum(_vectors(400), 0)
    index = feature_index(_reference(zeros), np.maximum(_vectors(200), 0))
    assert index is not None
    assert index < ALERT_AT / 2


def test_a_value_on_an_edge_counts_a_part_in_each_range_that_it_touches() -> None:
    chance = np.random.default_rng(3)
    vectors = np.maximum(chance.normal(size=(500, 12)), 0).astype(np.float32).round(1)
    found = describe(vectors, ["a"] * 500, ["a"])
    cuts = np.linspace(0, 1, 11)[1:-1]
    assert found.edges == pytest.approx(np.quantile(vectors, cuts, axis=0).T, abs=1e-6)
    expected = np.zeros_like(found.shares)
    for feature, edges in enumerate(found.edges):
        for value in vectors[:, feature]:
            low, high = (
                np.searchsorted(edges, value, "left"),
                np.searchsorted(edges, value, "right"),
            )
            expected[feature, low : high + 1] += 1 / (high - low + 1) / len(vectors)
    assert found.shares == pytest.approx(expected, abs=1e-5)


def test_many_images_are_described_by_some_of_them() -> None:
    vectors = np.random.default_rng(4).random((25_000, 3)).astype(np.float32)
    found = describe(vectors, ["a"] * 25_000, ["a"])
    assert found.images == 8_334
    assert feature_index(found, vectors) == pytest.approx(0, abs=0.002)


def test_no_drift_is_said_of_few_images() -> None:
    reference = _reference(_vectors(400))
    assert feature_index(reference, _vectors(20)) is None
    assert class_index(reference, ["a"] * 20) is None


def _metrics(*rights: int) -> Metrics:
    """Metrics of a model of classes with ten images each, of which so many are right."""
    classes = [str(number) for number in range(len(rights))]
    truth, rows = list[str](), list[np.ndarray]()
    for number, right in enumerate(rights):
        for image in range(10):
            truth.append(classes[number])
            guess = number if image < right else (number + 1) % len(rights)
            rows.append(np.eye(len(rights), dtype=np.float32)[guess])
    return measure(classes, truth, np.array(rows))


def test_the_first_model_is_promoted() -> None:
    assert refuse_promotion(_metrics(5, 5), None) is None


def test_a_model_that_is_as_good_is_promoted_and_a_worse_one_is_not() -> None:
    assert refuse_promotion(_metrics(8, 8), _metrics(8, 8)) is None
    assert "macro F1" in str(refuse_promotion(_metrics(7, 8), _metrics(8, 8)))


def test_a_model_that_is_worse_in_one_class_is_not_promoted() -> None:
    refusal = refuse_promotion(_metrics(10, 10, 10, 8), _metrics(8, 8, 10, 10))
    assert refusal is not None
    assert "class 3" in refusal


def test_a_model_that_lost_a_class_is_not_promoted() -> None:
    assert "does not know the class 2" in str(refuse_promotion(_metrics(10, 10), _metrics(8, 8, 8)))
