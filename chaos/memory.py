"""Memory of each process over time."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from statistics import fmean

import psutil

from benchmarks.harness.meter import MEGABYTE, sampling

SAMPLE_SECONDS = 1.0

Samples = dict[str, list[float]]
"""Memory in MB by name of the process; shared memory counts in proportion (PSS)."""


@contextmanager
def watch_memory(processes: dict[str, int]) -> Iterator[Samples]:
    """Sample the memory of processes and of each of their children, every second.

    Args:
        processes: Process IDs by name.
    """
    samples: Samples = {}
    with sampling(partial(_sample, samples, processes), SAMPLE_SECONDS):
        yield samples


def mean_of_ends(samples: list[float]) -> tuple[float, float]:
    """Compute the means of the first and of the last third of samples."""
    third = max(1, len(samples) // 3)
    return fmean(samples[:third]), fmean(samples[-third:])


def _sample(samples: Samples, processes: dict[str, int]) -> None:
    for name, pid in processes.items():
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            family = {name: process}
            family |= {f"{name}'s child {child.pid}": child for child in process.children()}
            for member, one in family.items():
                with suppress(psutil.NoSuchProcess):
                    used = one.memory_full_info().pss / MEGABYTE
                    samples.setdefault(member, []).append(used)
