"""Writes histograms as a table: an Arrow stream or a NumPy file."""

import io
from collections.abc import Sequence
from typing import Any

import nanoarrow as na
import numpy as np
from nanoarrow import ipc

from domain.images.values import BINS
from domain.records import ImageHistogram

ROW = np.dtype(
    [
        ("image_id", "S36"),
        ("uploaded_at", "<M8[ms]"),
        ("bins", "<u4", (BINS,)),
        ("pixels", "<u8"),
    ]
)
"""A row of the table: image ID, upload time in UTC, counts, and their sum."""

_BINS = na.fixed_size_list(na.uint32(nullable=False), BINS, nullable=False)
_SCHEMA = na.struct(
    {
        "image_id": na.string(nullable=False),
        "uploaded_at": na.timestamp("ms", timezone="UTC", nullable=False),
        "bins": _BINS,
        "pixels": na.uint64(nullable=False),
    },
    nullable=False,
)


def make_table(histograms: Sequence[ImageHistogram]) -> np.ndarray[Any, Any]:
    """Make a table of histograms, shape (histograms,), dtype :data:`ROW`."""
    table = np.zeros(len(histograms), ROW)
    for row, histogram in zip(table, histograms, strict=True):
        row["image_id"] = histogram.image_id
        row["uploaded_at"] = np.datetime64(histogram.uploaded_at.replace(tzinfo=None))
        row["bins"] = np.frombuffer(histogram.packed, "<u4")
    table["pixels"] = table["bins"].sum(axis=1, dtype=np.uint64)
    return table


def write_npy(table: np.ndarray[Any, Any]) -> bytes:
    """Write a table as a ``.npy`` file, which ``numpy.load`` reads.

    Source: NumPy, ``numpy.lib.format``, version 1.0.
    """
    file = io.BytesIO()
    np.save(file, table, allow_pickle=False)
    return file.getvalue()


def write_arrow(table: np.ndarray[Any, Any]) -> bytes:
    """Write a table as an Arrow stream: the schema, one batch, and the end marker.

    Source: Apache Arrow columnar format, "IPC Streaming Format".
    """
    rows = len(table)
    counts = na.c_array_from_buffers(
        na.uint32(), rows * BINS, [None, np.ascontiguousarray(table["bins"]).ravel()]
    )
    columns = [
        na.c_array([image_id.decode() for image_id in table["image_id"]], na.string()),
        na.c_array_from_buffers(
            na.timestamp("ms", timezone="UTC"),
            rows,
            [None, np.ascontiguousarray(table["uploaded_at"]).view("<i8")],
        ),
        na.c_array_from_buffers(_BINS, rows, [None], children=[counts]),
        na.c_array_from_buffers(na.uint64(), rows, [None, np.ascontiguousarray(table["pixels"])]),
    ]
    file = io.BytesIO()
    with ipc.StreamWriter.from_writable(file) as writer:
        writer.write_array(na.c_array_from_buffers(_SCHEMA, rows, [None], children=columns))
    return file.getvalue()
