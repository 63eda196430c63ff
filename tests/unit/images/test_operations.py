import struct

import pytest

from domain.errors.requests import UnknownOperation
from domain.images.operations import ALL_OPERATIONS, DEFAULT_OPERATIONS, VERSIONS, parse_operations
from domain.images.values import unpack_bins


@pytest.mark.parametrize("text", [None, "", "  ", ",".join(reversed(ALL_OPERATIONS))])
def test_all_operations_are_the_default_and_keep_their_order(text: str | None) -> None:
    assert parse_operations(text, learning=True) == ALL_OPERATIONS


def test_operations_of_learning_are_none_of_the_others() -> None:
    assert parse_operations(None) == DEFAULT_OPERATIONS
    assert set(ALL_OPERATIONS) - set(DEFAULT_OPERATIONS) == {"quality", "embedding"}
    for name in ("quality", "embedding"):
        with pytest.raises(UnknownOperation, match="MINILAB_LEARNING=true"):
            parse_operations(f"faces,{name}")


def test_repeats_spaces_and_case_do_not_matter() -> None:
    assert parse_operations(" faces, METADATA,faces ,") == ("metadata", "faces")


@pytest.mark.parametrize("text", ["rotate", "faces,rotate", ",", "faces;metadata"])
def test_refuses_operations_that_it_does_not_know(text: str) -> None:
    with pytest.raises(UnknownOperation):
        parse_operations(text)


def test_a_long_unknown_name_is_not_repeated_in_full() -> None:
    with pytest.raises(UnknownOperation) as caught:
        parse_operations("x" * 10_000)
    assert len(caught.value.detail) < 200


def test_every_operation_has_a_version() -> None:
    assert set(VERSIONS) == set(ALL_OPERATIONS)
    assert min(VERSIONS.values()) >= 1


def test_bins_are_packed_as_little_endian_numbers_of_32_bits() -> None:
    bins = [level * 16_777_216 % 4_294_967_295 for level in range(256)]
    assert unpack_bins(struct.pack("<256I", *bins)) == bins


def test_bins_of_a_wrong_length_are_refused() -> None:
    with pytest.raises(ValueError, match="1024"):
        unpack_bins(b"\x00" * 1020)
