"""Processors of this process, as cgroups limit them."""

import os
from pathlib import Path

import pytest

from sandbox.processors import usable_processors

ALL = len(os.sched_getaffinity(0))


def make_groups(folder: Path, limits: dict[str, str], own: str = "0::/pod/container\n") -> int:
    """Count the processors of a process in groups with these limits."""
    root, mine = folder / "cgroup", folder / "own"
    (root / "pod/container").mkdir(parents=True)
    for place, limit in limits.items():
        (root / place / "cpu.max").write_text(limit)
    mine.write_text(own)
    return usable_processors(root, mine)


@pytest.mark.parametrize(
    ("limits", "count"),
    [
        ({}, ALL),
        ({"pod/container": "max 100000\n"}, ALL),
        ({"pod/container": "100000 100000\n"}, 1),
        ({"pod/container": "50000 100000\n"}, 1),
        ({"pod/container": "110000 100000\n"}, min(2, ALL)),
        ({"pod/container": "6400000 100000\n"}, ALL),
        ({"pod/container": "max 100000\n", "pod": "100000 100000\n"}, 1),
        ({"": "100000 100000\n"}, 1),  # With a namespace of cgroups, as in a container.
        ({"pod/container": "nonsense\n"}, ALL),
    ],
)
def test_lowest_limit_of_all_groups_holds(
    tmp_path: Path, limits: dict[str, str], count: int
) -> None:
    assert make_groups(tmp_path, limits) == count


def test_groups_of_version_1_are_no_limit(tmp_path: Path) -> None:
    limits = {"pod/container": "100000 100000\n"}
    assert make_groups(tmp_path, limits, "4:cpu,cpuacct:/pod/container\n") == ALL


def test_system_without_groups_has_no_limit(tmp_path: Path) -> None:
    assert usable_processors(tmp_path, tmp_path / "missing") == ALL
