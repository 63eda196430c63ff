"""The arithmetic behind near-duplicates: no neighbour is missed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.fingerprints import (
    BANDS,
    MAX_DISTANCE,
    band_keys,
    count_differing_bits,
    nearby_band_keys,
    signed_fingerprint,
)

FINGERPRINTS = st.integers(-(2**63), 2**63 - 1)


@given(st.integers(0, 2**64 - 1))
def test_signed_fingerprint_keeps_every_bit(bits: int) -> None:
    signed = signed_fingerprint(f"{bits:016x}")
    assert signed.to_bytes(8, "big", signed=True) == bits.to_bytes(8, "big")


@pytest.mark.parametrize(
    ("digits", "signed"),
    [("0" * 16, 0), ("7" + "f" * 15, 2**63 - 1), ("8" + "0" * 15, -(2**63)), ("f" * 16, -1)],
)
def test_signed_fingerprint_at_the_edges(digits: str, signed: int) -> None:
    assert signed_fingerprint(digits) == signed


@given(FINGERPRINTS, st.sets(st.integers(0, 63)))
def test_counts_the_bits_that_differ(fingerprint: int, flipped: set[int]) -> None:
    assert count_differing_bits(fingerprint, _flip(fingerprint, flipped)) == len(flipped)


@given(FINGERPRINTS, st.sets(st.integers(0, 63), max_size=MAX_DISTANCE))
def test_every_neighbour_has_a_nearby_key(fingerprint: int, flipped: set[int]) -> None:
    neighbour = _flip(fingerprint, flipped)
    nearby = set(nearby_band_keys(fingerprint, len(flipped)))
    assert nearby & set(band_keys(neighbour))


@given(FINGERPRINTS)
def test_bands_have_keys_of_their_own(fingerprint: int) -> None:
    keys = band_keys(fingerprint)
    assert len(set(keys)) == BANDS
    assert all(0 <= key < 2**31 for key in keys)


@pytest.mark.parametrize(("distance", "keys"), [(0, 1), (2, 3), (4, 20), (6, 52), (8, 188)])
def test_looks_up_few_different_keys(distance: int, keys: int) -> None:
    nearby = nearby_band_keys(signed_fingerprint("0123456789abcdef"), distance)
    assert len(nearby) == len(set(nearby)) == keys


def _flip(fingerprint: int, bits: set[int]) -> int:
    flipped = fingerprint & (2**64 - 1)
    for bit in bits:
        flipped ^= 1 << bit
    return signed_fingerprint(f"{flipped:016x}")
