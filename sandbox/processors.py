"""The processors that this process may use: of a container, its limit and not the node's."""

import math
import os
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
OWN_CGROUP = Path("/proc/self/cgroup")


def usable_processors(cgroups: Path = CGROUPS, own: Path = OWN_CGROUP) -> int:
    """Count the processors by their number, the affinity and the limits of cgroups (version 2).

    A part of a processor counts as one. Kubernetes (``limits.cpu``) and Docker (``cpus``) set the
    limit of the container's own group; a group above it may have a lower one.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    count = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    return max(1, math.ceil(min([count, *_limits(cgroups, own)])))


def _limits(cgroups: Path, own: Path) -> list[float]:
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return []
    paths = [line.removeprefix("0::") for line in lines if line.startswith("0::")]
    limits = []
    for path in paths:
        place = cgroups / path.lstrip("/")
        for folder in (place, *place.parents):
            if not folder.is_relative_to(cgroups):
                break
            limit = _read_limit(folder / "cpu.max")
            if limit is not None:
                limits.append(limit)
    return limits


def _read_limit(file: Path) -> float | None:
    """Read a limit in processors: the time that may be used, and the period, in microseconds."""
    try:
        quota, period = file.read_text().split()
        return int(quota) / int(period)
    except (OSError, ValueError):  # "max": no limit.
        return None
