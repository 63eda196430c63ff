"""OpenCV with limits for hostile files; other modules import it from here."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

# OpenCV reads these when it loads. ImageLimits apply first and are lower; these catch a decoder
# that finds other dimensions in a file.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(2**28))
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_WIDTH", str(2**16))
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_HEIGHT", str(2**16))
os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")

import cv2
import numpy as np
from numpy.typing import NDArray

# Several processes share the cores, so threads inside each one cost more than they bring, except
# where opencv_threads says otherwise.
cv2.setNumThreads(1)
cv2.ocl.setUseOpenCL(False)

Pixels = NDArray[np.uint8]
"""Gray: (height, width). Colour: (height, width, 3), in RGB order. Values 0 to 255."""


@contextmanager
def opencv_threads(threads: int) -> Iterator[None]:
    """Let OpenCV use so many threads in this process while the context lasts."""
    if threads > 1:
        cv2.setNumThreads(threads)
    try:
        yield
    finally:
        if threads > 1:
            cv2.setNumThreads(1)


__all__ = ["Pixels", "cv2", "opencv_threads"]
