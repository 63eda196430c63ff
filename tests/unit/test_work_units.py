"""The cost of work, and the weights of users."""

import re

import pytest

from domain.fairness.work_units import WEIGHTS_PATTERN, estimate_units, read_weights


def test_large_photo_is_the_work_of_many_small_ones() -> None:
    assert estimate_units(25, 25 * 8_000) == pytest.approx(25, abs=1)
    assert estimate_units(1, 4_000_000) == pytest.approx(13, abs=0.5)


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("", {}),
        ("alice=2", {"alice": 2}),
        ("alice=2,bob=30, c=d =1", {"alice": 2, "bob": 30, "c=d": 1}),
    ],
)
def test_reads_weights(text: str, weights: dict[str, int]) -> None:
    assert re.search(WEIGHTS_PATTERN, text)
    assert read_weights(text) == weights


@pytest.mark.parametrize("text", ["alice", "alice=0", "alice=-1", "=2", "a=1,,b=2", "a=1.5", ","])
def test_refuses_what_is_no_list_of_weights(text: str) -> None:
    assert not re.search(WEIGHTS_PATTERN, text)
