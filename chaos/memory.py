"""Memory of each process over time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from statistics import fmean

import psutil

SAMPLE_SECONDS = 1.0
MEGABYTE = 1_000_000


class Memory:
    """Samples of each process's memory: its own share of what it shares with others (PSS)."""

    def __init__(self) -> None:
        self.samples: dict[str, list[float]] = {}

    def take(self, parts: dict[str, int]) -> None:
        """Take a sample.

        Args:
            parts: Process IDs by name; a part's children are samples of their own.
        """
        for name, pid in parts.items():
            with suppress(psutil.NoSuchProcess):
                process = psutil.Process(pid)
                self._note(name, process)
                for child in process.children():
                    self._note(f"{name}'s child {child.pid}", child)

    def _note(self, name: str, process: psutil.Process) -> None:
        with suppress(psutil.NoSuchProcess):
            self.samples.setdefault(name, []).append(process.memory_full_info().pss / MEGABYTE)


def thirds(samples: list[float]) -> tuple[float, float]:
    """Give the means of the first and of the last third of samples."""
    third = max(1, len(samples) // 3)
    return fmean(samples[:third]), fmean(samples[-third:])


@contextmanager
def watch_memory(parts: dict[str, int]) -> Iterator[Memory]:
    """Take a sample every second for as long as the context lasts.

    Args:
        parts: Process IDs by name.
    """
    memory, ended = Memory(), threading.Event()

    def watch() -> None:
        while not ended.wait(SAMPLE_SECONDS):
            memory.take(parts)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield memory
    finally:
        ended.set()
        watcher.join()
