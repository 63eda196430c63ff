"""A short, seeded piece of `make fuzz`, without guidance by coverage."""

import random

import pytest

from domain.images.camera_notes import read_camera_notes
from domain.images.read_metadata import parse_tags
from tests.fuzz.mutation import mend_checksums, mutate, split
from tests.fuzz.property import check_file, check_metadata
from tests.fuzz.seeds import drawn_seeds, real_seeds
from tests.service import find_test_data

ROUNDS = 40
# Machines of tests are shared: what takes a second alone may take many beside others.
MAX_CPU_SECONDS = 20.0


@pytest.mark.parametrize("name", sorted(drawn_seeds()))
def test_drawn_files_are_read_or_refused_whatever_is_changed(name: str) -> None:
    _check_copies(name, drawn_seeds()[name])


def test_photos_are_read_or_refused_whatever_is_changed() -> None:
    for name, data in real_seeds(find_test_data() / "photos").items():
        _check_copies(name, data, rounds=10)


@pytest.mark.parametrize("seed", range(20))
def test_junk_is_no_note_of_a_camera(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    for start in (b"II\x0e\0\0\0HEAPJPGM", b"MM\0\0\0\x0eHEAPJPGM", b"[picture info]TimeDate="):
        note = start + chance.randbytes(chance.randrange(400))
        check_metadata(parse_tags(read_camera_notes((note,))))


@pytest.mark.parametrize("name", ["small JPEG", "small PNG", "small WEBP", "small HEIF"])
def test_changes_know_the_parts_of_a_file(name: str) -> None:
    data = drawn_seeds()[name]
    assert len(split(data)) >= 3
    assert all(0 <= start < end <= len(data) for start, end in split(data))
    assert mend_checksums(data) == data
    assert check_file(data, MAX_CPU_SECONDS) == "read"


def _check_copies(name: str, data: bytes, rounds: int = ROUNDS) -> None:
    others = list(drawn_seeds().values())
    for number in range(rounds):
        chance = random.Random(f"{name} {number}")  # noqa: S311
        check_file(mutate(data, others, chance), MAX_CPU_SECONDS)
