"""A spool of histograms: added by image, read by bin, from memory and an unnamed file."""

import os
import tempfile
from types import TracebackType
from typing import IO, Self

import numpy as np
import numpy.typing as npt

from domain.errors.capacity import Unavailable
from domain.histograms.medians import Shares, find_median
from domain.images.values import BINS

Counts = npt.NDArray[np.uint32]
Pixels = npt.NDArray[np.int64]

MEMORY_BYTES = 64 * 1024 * 1024
_BIN_BYTES = 4


class HistogramSpool:
    """Stores histograms, and computes the median of each bin.

    At most ``memory_bytes`` of counts are in memory, and the block that is added and one bin of all
    images (24 bytes an image). The rest is in a file without a name, which is deleted however the
    process ends. Not safe for several threads.
    """

    def __init__(self, memory_bytes: int = MEMORY_BYTES) -> None:
        self._room = memory_bytes
        self._blocks: list[Counts] = []
        self._file: IO[bytes] | None = None
        self._in_file: list[int] = []
        self._pixels: list[Pixels] = []
        self.images = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def add(self, counts: Counts, pixels: Pixels) -> None:
        """Add histograms, shape (images, 256), and the sums of their counts, 1 or more.

        Raises:
            Unavailable: The file cannot grow.
        """
        if not len(counts):
            return
        block = np.array(counts.T, order="C")
        if self._file is None and block.nbytes <= self._room:
            self._room -= block.nbytes
            self._blocks.append(block)
        else:
            self._write(block)
            self._in_file.append(len(pixels))
        self._pixels.append(np.array(pixels))
        self.images += len(pixels)

    def medians(self) -> Shares:
        """Return the median of each bin's share of the pixels, shape (256,).

        The shares are 0 to 1; zeros without histograms.
        """
        medians = np.zeros(BINS)
        if not self.images:
            return medians
        pixels = np.concatenate(self._pixels).astype(np.float64)
        for level in range(BINS):  # As shares, so that large and small images weigh the same.
            medians[level] = find_median(self._column(level) / pixels)
        return medians

    def close(self) -> None:
        """Release memory and file."""
        self._blocks.clear()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, block: Counts) -> None:
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
            view = block.data.cast("B")
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            raise Unavailable(
                "There is no space for this many histograms. Try again later."
            ) from error

    def _column(self, level: int) -> Counts:
        """Read one bin of all images, in the order of ``_pixels``."""
        column = np.empty(self.images, np.uint32)
        start = 0
        for block in self._blocks:
            end = start + block.shape[1]
            column[start:end] = block[level]
            start = end
        place = 0
        for images in self._in_file:
            self._read(column[start : start + images], place + level * images * _BIN_BYTES)
            place += BINS * images * _BIN_BYTES
            start += images
        return column

    def _read(self, part: Counts, place: int) -> None:
        if self._file is None or os.preadv(self._file.fileno(), [part.data], place) != part.nbytes:
            raise OSError("the file of histograms is shorter than what was written")
