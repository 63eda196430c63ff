"""The hold-out: which labelled images test a model instead of training it.

Copies of one picture must not be on both sides: a model would be tested with what it was trained
on. So images are divided by groups of near-duplicates, and the hash of its group puts an image on
the same side in every training.
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from domain.fingerprints import BITS, band_keys, nearby_band_keys

MOST_DIFFERING_BITS = 4
"""Of 64; copies of another size or quality differ in fewer. With 8, unrelated digits chain."""
HELD_OUT_SHARE = 0.25
_BLOCK = 2_000_000
"""Most pairs of fingerprints that are compared at once, 16 MB."""

Sides = npt.NDArray[np.bool_]


class TooFewGroups(Exception):
    """A class has pictures of one group only, so that none is left to test it with."""

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self.value = value


def group_near_duplicates(fingerprints: Sequence[int]) -> list[int]:
    """Group pictures that are near-duplicates, also through others between them.

    Args:
        fingerprints: Signed, of 64 bits.

    Returns:
        For each picture the index of the first one in its group.
    """
    unique: dict[int, int] = {}
    for index, fingerprint in enumerate(fingerprints):
        unique.setdefault(fingerprint, index)
    parent = {index: index for index in unique.values()}

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    by_key: dict[int, list[int]] = defaultdict(list)
    for fingerprint, index in unique.items():
        for key in band_keys(fingerprint):
            by_key[key].append(index)
    bits = np.array([value % (1 << BITS) for value in fingerprints], np.uint64)
    for fingerprint, index in unique.items():
        near = nearby_band_keys(fingerprint, MOST_DIFFERING_BITS)
        found = [other for key in near for other in by_key.get(key, ()) if other > index]
        for start in range(0, len(found), _BLOCK):
            others = np.array(found[start : start + _BLOCK])
            apart = np.bitwise_count(bits[others] ^ bits[index])
            for other in others[apart <= MOST_DIFFERING_BITS]:
                first, second = sorted((root(index), root(int(other))))
                parent[second] = first
    return [root(unique[fingerprint]) for fingerprint in fingerprints]


def hold_out(groups: Sequence[str], values: Sequence[str]) -> Sides:
    """Choose the images that test a model: about a quarter, and at least one of each class.

    Args:
        groups: A name of the group of each image that does not change when images are added.
        values: The label of each image.

    Returns:
        For each image whether it is held out.

    Raises:
        TooFewGroups: A class has only one group.
    """
    place = {group: _place(group) for group in groups}
    held = {group for group in place if place[group] < HELD_OUT_SHARE}
    of_class: dict[str, set[str]] = defaultdict(set)
    for group, value in zip(groups, values, strict=True):
        of_class[value].add(group)
    pinned = set[str]()
    # Classes with few groups choose first: a group that one of them needs stays where it is.
    for value, members in sorted(of_class.items(), key=lambda item: (len(item[1]), item[0])):
        ordered = sorted(members, key=lambda group: (place[group], group))
        for wanted in (True, False):
            if any((group in held) is wanted for group in ordered):
                continue
            candidates = ordered if wanted else ordered[::-1]
            free = [group for group in candidates if group not in pinned]
            if len(ordered) < 2 or not free:
                raise TooFewGroups(value)
            held ^= {free[0]}
        pinned.update(next(g for g in ordered if (g in held) is side) for side in (True, False))
    return np.array([group in held for group in groups], bool)


def _place(group: str) -> float:
    """Place a group between 0 and 1, evenly and always at the same place."""
    digest = hashlib.sha256(group.encode()).digest()
    return int.from_bytes(digest[:8], "big") / float(1 << 64)
