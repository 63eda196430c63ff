"""Line 6: each operation alone, in one process, beside other ways to do it."""

import io
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from benchmarks.bare_loop import LIMITS, all_operations, full_size_faces
from benchmarks.harness.pictures import write_large, write_small
from benchmarks.harness.service import Bench
from benchmarks.rows import Row, Section
from domain.images.decode_pixels import decode_grayscale
from domain.images.formats import ImageFormat
from domain.images.inspect_header import inspect_header
from domain.images.opencv import Pixels, cv2
from domain.images.pipeline import STEPS, Source

Timed = Callable[[], object]
"""The timed call."""
Prepare = Callable[[bytes], Timed]
"""Makes the timed call from a file; its own time does not count."""


def measure_operations(bench: Bench) -> Section:
    """Time every step on small and large photos."""
    small = _read(write_small(bench.folder / "operations-small", bench.count(100, 20), 6))
    large = _read(write_large(bench.folder / "operations-large", bench.count(9, 3), 7))
    rows: list[Row] = []
    for size, files in (("small", small), ("12 MP", large)):
        whole = _time(files, lambda data: partial(all_operations, data))
        rows.append(Row(f"{size}: all operations", whole, "ms"))
        for name, prepare in _steps().items():
            spent = _time(files, prepare)
            rows.append(Row(f"{size}: {name}", spent, "ms", whole, "all of them", detail=True))
        for name, ours, other in _alternatives():
            times = _time(files, other), "ms", _time(files, ours)
            rows.append(Row(f"{size}: {name}", *times, "ours", detail=True))
    return Section("operations, alone in one process", rows)


def _steps() -> dict[str, Prepare]:
    """List the steps; decoding is timed apart from the work on the pixels."""
    steps: dict[str, Prepare] = {
        "header inspection": lambda data: partial(inspect_header, data, ImageFormat.JPEG, LIMITS),
        "decoding to gray": lambda data: partial(getattr, _source(data), "grayscale"),
        "shrinking the gray": _after("grayscale", "small"),
        "decoding to colour": lambda data: partial(getattr, _source(data), "picture"),
    }
    for step in STEPS:
        steps[step.name] = partial(_prepare_step, step.decode, step.run)
    return steps


def _alternatives() -> list[tuple[str, Prepare, Prepare]]:
    gray = lambda data: partial(  # noqa: E731
        decode_grayscale, data, ImageFormat.JPEG, inspect_header(data, ImageFormat.JPEG, LIMITS)
    )
    step = {s.name: partial(_prepare_step, s.decode, s.run) for s in STEPS}
    return [
        ("decoding to gray by Pillow", gray, lambda data: partial(_pillow_gray, data)),
        ("histogram by NumPy", step["histogram"], _numpy_histogram),
        (
            "faces at full size, decoding included",
            step["faces"],
            lambda data: partial(full_size_faces, data),
        ),
        *(
            (f"thumbnail as WebP, method {method}", step["thumbnail"], partial(_webp, method))
            for method in (0, 4, 6)
        ),
        ("thumbnail as JPEG", step["thumbnail"], _jpeg),
    ]


def _after(first: str, second: str) -> Prepare:
    def prepare(data: bytes) -> Timed:
        source = _source(data)
        getattr(source, first)
        return partial(getattr, source, second)

    return prepare


def _prepare_step(
    decode: Callable[[Source], object], run: Callable[[Source], object], data: bytes
) -> Timed:
    source = _source(data)
    decode(source)
    return partial(run, source)


def _source(data: bytes) -> Source:
    return Source(data, ImageFormat.JPEG, inspect_header(data, ImageFormat.JPEG, LIMITS))


def _pillow_gray(data: bytes) -> object:
    with Image.open(io.BytesIO(data)) as image:
        image.draft("L", None)
        return np.asarray(image.convert("L"))


def _numpy_histogram(data: bytes) -> Timed:
    gray = _source(data).grayscale.ravel()
    return partial(np.bincount, gray, minlength=256)


def _small_color(data: bytes) -> Pixels:
    return _source(data).preview


def _webp(method: int, data: bytes) -> Timed:
    picture = Image.fromarray(_small_color(data))
    return lambda: picture.save(io.BytesIO(), "WEBP", quality=82, method=method)


def _jpeg(data: bytes) -> Timed:
    color = cv2.cvtColor(_small_color(data), cv2.COLOR_RGB2BGR)
    return partial(cv2.imencode, ".jpg", color, (cv2.IMWRITE_JPEG_QUALITY, 82))


def _time(files: list[bytes], prepare: Prepare) -> float:
    """Compute the median time over the files, in ms."""
    times = []
    for data in files:
        timed = prepare(data)
        before = time.perf_counter()
        timed()
        times.append(time.perf_counter() - before)
    return 1000 * median(times)


def _read(paths: list[Path]) -> list[bytes]:
    return [path.read_bytes() for path in paths]
