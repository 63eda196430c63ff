"""The limit of throughput: one process a core that runs nothing but the operations."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Barrier
from pathlib import Path

import msgspec
import numpy as np

from domain.images.detect_faces import load_detector
from domain.images.formats import ImageFormat
from domain.images.opencv import cv2
from domain.images.operations import DEFAULT_OPERATIONS
from domain.images.pipeline import process_image, warm_up
from domain.limits import ImageLimits

LIMITS = ImageLimits()

Operation = Callable[[bytes], object]


class Loop(msgspec.Struct, frozen=True):
    """Speed of the loop.

    Attributes:
        per_second: Images a second of all processes together.
        cpu_ms: Processor time for each image.
    """

    per_second: float
    cpu_ms: float


def all_operations(data: bytes) -> object:
    """Run all operations on an image, as the service does."""
    return process_image(data, ImageFormat.JPEG, DEFAULT_OPERATIONS, LIMITS, lambda: None)


def full_size_faces(data: bytes) -> object:
    """Find faces at full size, without shrinking the image first."""
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert image is not None
    return load_detector().detect(image.astype("uint8", copy=False))


def run_loop(operation: Operation, paths: Sequence[Path], processes: int) -> Loop:
    """Run an operation once over each file, in several processes.

    Args:
        operation: :func:`all_operations` or :func:`full_size_faces`.
        paths: The files; they are read before the clock starts.
        processes: Number of processes.
    """
    context = get_context("spawn")
    shared = (operation, paths, context.Barrier(processes), context.Value("l", 0))
    with ProcessPoolExecutor(
        processes, mp_context=context, initializer=_prepare, initargs=shared
    ) as executor:
        # The barrier holds each process until all have their call.
        calls = [executor.submit(_work) for _ in range(processes)]
        times = [call.result() for call in calls]
    # All processes of a machine share the monotonic clock.
    seconds = max(end for _, end, _ in times) - min(begin for begin, _, _ in times)
    cpu_ms = 1000 * sum(cpu for *_, cpu in times) / len(paths)
    return Loop(per_second=len(paths) / seconds, cpu_ms=cpu_ms)


class _Work:
    """State of one process of the loop, ready before the clock starts."""

    operation: Operation
    files: list[bytes]
    start: Barrier
    following: "Synchronized[int]"


def _prepare(
    operation: Operation, paths: Sequence[Path], start: Barrier, following: "Synchronized[int]"
) -> None:
    _Work.operation = staticmethod(operation)
    _Work.files = [path.read_bytes() for path in paths]
    _Work.start, _Work.following = start, following
    warm_up()
    if _Work.files:  # What it loads once is loaded.
        _Work.operation(_Work.files[0])


def _work() -> tuple[float, float, float]:
    """Process files until none is left; return begin, end and processor time."""
    _Work.start.wait()
    begin, cpu = time.monotonic(), time.process_time()
    while (index := _take_next(_Work.following)) < len(_Work.files):
        _Work.operation(_Work.files[index])
    return begin, time.monotonic(), time.process_time() - cpu


def _take_next(following: "Synchronized[int]") -> int:
    with following.get_lock():
        index = following.value
        following.value = index + 1
    return index
