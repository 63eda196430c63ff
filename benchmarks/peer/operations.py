"""The operations of the peer: ours as they are, or from pixels at full size."""

from typing import Any

import msgspec
import numpy as np

from domain.errors.files import CorruptImage, UnsupportedFormat
from domain.images.compute_fingerprint import compute_fingerprint
from domain.images.count_histogram import count_histogram
from domain.images.detect_faces import load_detector
from domain.images.formats import ImageFormat, sniff_format
from domain.images.inspect_header import inspect_header
from domain.images.make_thumbnail import MAX_SIDE_PX, make_thumbnail
from domain.images.opencv import Pixels, cv2
from domain.images.operations import DEFAULT_OPERATIONS
from domain.images.pipeline import process_image
from domain.images.read_metadata import read_metadata
from domain.images.shrink_image import shrink_image
from domain.images.values import Result, unpack_bins
from domain.limits import ImageLimits

LIMITS = ImageLimits()


def run_all(data: bytes) -> dict[str, Any]:
    """Run all operations as our workers do: in their pipeline, which shrinks large pictures.

    Returns:
        The results by name, for a document of MongoDB.
    """
    found = process_image(data, _find_format(data), DEFAULT_OPERATIONS, LIMITS, lambda: None)
    return _document(found.results)


def run_at_full_size(data: bytes) -> dict[str, Any]:
    """Run all operations in the plain way: decode with OpenCV, look for faces at full size.

    Returns:
        Likewise; of a large picture, faces, fingerprint and thumbnail may differ slightly.
    """
    image_format = _find_format(data)
    gray, color = (_decode(data, mode) for mode in (cv2.IMREAD_GRAYSCALE, cv2.IMREAD_COLOR_RGB))
    return _document(
        {
            "metadata": read_metadata(
                data, image_format, inspect_header(data, image_format, LIMITS)
            ),
            "histogram": count_histogram(gray),
            "faces": load_detector().detect(gray),
            "fingerprint": compute_fingerprint(gray),
            "thumbnail": make_thumbnail(shrink_image(color, MAX_SIDE_PX)),
        }
    )


def _find_format(data: bytes) -> ImageFormat:
    image_format = sniff_format(data)
    if image_format is None:
        raise UnsupportedFormat("The file is no image that can be decoded.")
    return image_format


def _decode(data: bytes, mode: int) -> Pixels:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), mode)
    if pixels is None:
        raise CorruptImage("The file cannot be decoded.")
    return np.asarray(pixels, np.uint8)


def _document(results: dict[str, Result]) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.to_builtins(results, builtin_types=(bytes,))
    return document | {"histogram": unpack_bins(document["histogram"])}
