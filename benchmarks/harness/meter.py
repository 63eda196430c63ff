"""Processor time and memory of other processes."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import psutil

SAMPLE_SECONDS = 0.02
MEGABYTE = 1_000_000


def cpu_seconds(pid: int) -> float:
    """Read the processor time that a process has used, user and system."""
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def children_cpu_seconds(pid: int) -> float:
    """Read the processor time of a process's children, those that live and those that ended."""
    process = psutil.Process(pid)
    ended = process.cpu_times()
    alive = sum(cpu_seconds(child.pid) for child in process.children(recursive=True))
    return alive + ended.children_user + ended.children_system


def tree_rss_mb(pid: int) -> float:
    """Read the resident memory of a process and its children, in MB."""
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    return sum(member.memory_info().rss for member in family) / MEGABYTE


class Peak:
    """The highest value of a reading that was seen."""

    def __init__(self) -> None:
        self.value = 0.0


@contextmanager
def watch_peak(read: Callable[[], float]) -> Iterator[Peak]:
    """Take a reading every 20 ms for as long as the context lasts."""
    peak, ended = Peak(), threading.Event()

    def watch() -> None:
        while not ended.wait(SAMPLE_SECONDS):
            peak.value = max(peak.value, read())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        ended.set()
        watcher.join()


def settle(read: Callable[[], float], seconds: float = 2.0) -> float:
    """Wait until a reading has been still for a moment, and give it."""
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
