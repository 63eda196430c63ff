"""Processor time and memory of other processes, and percentiles."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import quantiles

import psutil

SAMPLE_SECONDS = 0.02
MEGABYTE = 1_000_000


def cpu_seconds(pid: int) -> float:
    """Read the processor time that a process has used, user and system."""
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def children_cpu_seconds(pid: int) -> float:
    """Read the processor time of a process's children, live and ended."""
    process = psutil.Process(pid)
    ended = process.cpu_times()
    alive = sum(cpu_seconds(child.pid) for child in process.children(recursive=True))
    return alive + ended.children_user + ended.children_system


def rss_mb(pid: int) -> float:
    """Read the resident memory of a process alone, in MB."""
    return psutil.Process(pid).memory_info().rss / MEGABYTE


def tree_rss_mb(pid: int) -> float:
    """Read the resident memory of a process and its children, in MB."""
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    return sum(member.memory_info().rss for member in family) / MEGABYTE


class Peak:
    """The highest value that a reading had."""

    def __init__(self) -> None:
        self.value = 0.0


@contextmanager
def watch_peak(read: Callable[[], float]) -> Iterator[Peak]:
    """Record the highest value of a reading while the context lasts; it is taken every 20 ms."""
    peak = Peak()

    def sample() -> None:
        peak.value = max(peak.value, read())

    with sampling(sample, SAMPLE_SECONDS):
        yield peak


@contextmanager
def sampling(sample: Callable[[], None], pause_seconds: float) -> Iterator[None]:
    """Call a function again and again, in a thread, while the context lasts."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(pause_seconds):
            sample()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def settle(read: Callable[[], float], seconds: float = 2.0) -> float:
    """Wait until a reading changes by less than 1, and return it."""
    before, deadline = read(), time.monotonic() + 10 * seconds
    while time.monotonic() < deadline:
        time.sleep(seconds)
        now = read()
        if abs(now - before) < 1:
            return now
        before = now
    return before


def difference(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Subtract readings by name."""
    return {name: after[name] - before[name] for name in before}


def percentile(values: Sequence[float], percent: int) -> float:
    """Compute a percentile of at least two values, 1 to 99."""
    return quantiles(values, n=100)[percent - 1]
