"""Search for fingerprints that differ in few bits, by multi-index hashing.

A fingerprint of 64 bits is cut into four bands of 16. Two that differ in at most *d* bits differ
in few bits in at least one band, so an exact look-up of all values that come so close in a band
finds every neighbour; what else it finds is dropped by counting bits.

Source: M. Norouzi, A. Punjani, D. Fleet, "Fast Exact Search in Hamming Space with Multi-Index
Hashing", 2014, §3; J. Qin et al., "GPH: Similarity Search in Hamming Space", 2018, §3, for the
bits that may differ in each band.
"""

from functools import cache
from itertools import combinations

BANDS = 4
BAND_BITS = 16
BITS = BANDS * BAND_BITS
MAX_DISTANCE = 16
"""Beyond it, unrelated pictures are found."""

_BAND_MASK = (1 << BAND_BITS) - 1
_ALL_BITS = (1 << BITS) - 1


def signed_fingerprint(digits: str) -> int:
    """Convert 16 hex digits to the signed number that a database stores, -2⁶³ to 2⁶³ - 1."""
    bits = int(digits, 16)
    return bits - (1 << BITS) if bits >> (BITS - 1) else bits


def count_differing_bits(first: int, second: int) -> int:
    """Count the bits in which two signed fingerprints differ, 0 to 64."""
    return ((first ^ second) & _ALL_BITS).bit_count()


def band_keys(fingerprint: int) -> list[int]:
    """Return the keys under which a signed fingerprint is stored, one for each band.

    A key is the value of its band, 0 to 65,535, with the number of the band above its bits.
    """
    return [
        band << BAND_BITS | fingerprint >> band * BAND_BITS & _BAND_MASK for band in range(BANDS)
    ]


def nearby_band_keys(fingerprint: int, distance: int) -> list[int]:
    """Return keys such that every neighbour has at least one of them.

    Were a neighbour's band *i* more than ``t[i]`` bits away for every *i*, it would differ in
    ``sum(t[i] + 1)`` bits; so that sum is made one more than the distance.

    Args:
        fingerprint: Signed.
        distance: Most bits in which a neighbour differs, 0 to :data:`MAX_DISTANCE`.

    Returns:
        20 keys for a distance of 4, 52 for 6, 188 for 8, 4,608 for 16.
    """
    each, more = divmod(distance + 1, BANDS)
    return [
        key ^ flips
        for band, key in enumerate(band_keys(fingerprint))
        for flips in _flips(each + (band < more))
    ]


@cache
def _flips(counts: int) -> tuple[int, ...]:
    """List all ways to flip less than so many bits of a band."""
    return tuple(
        sum(1 << bit for bit in bits)
        for count in range(counts)
        for bits in combinations(range(BAND_BITS), count)
    )
