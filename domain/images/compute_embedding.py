"""Describes what a picture shows in 1,280 numbers."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from domain.images.embedding_model import SIDE_PX, Network
from domain.images.opencv import Pixels

SHOWN_SHARE = 0.875
"""Share of the short side that the square in the middle has."""
_MIDDLE, _SCALE = 127.0, 128.0


def compute_embedding(color: Pixels, network: Network) -> bytes:
    """Describe a picture.

    Args:
        color: RGB in sRGB, shape (height, width, 3), 0 to 255, upright.
        network: The model.

    Returns:
        1,280 little-endian 16-bit floats (2,560 bytes), none below 0. Pictures of like things have
        vectors of a like direction.

    Source:
        tensorflow/tpu, models/official/efficientnet/lite, ``efficientnet_lite_builder.py`` (mean
        127, deviation 128) and ``preprocessing.py`` (the square, bicubic).
    """
    found = network.describe(prepare_picture(color))
    return found.clip(0, np.finfo(np.float16).max).astype("<f2").tobytes()


def prepare_picture(color: Pixels) -> NDArray[np.float32]:
    """Cut the square from the middle, bring it to 224 × 224, and its levels to -1 to 1.

    Returns:
        Shape (3, 224, 224), RGB.
    """
    height, width = color.shape[:2]
    side = SHOWN_SHARE * min(height, width)
    left, top = (width - side) / 2, (height - side) / 2
    # Pillow's bicubic averages over all pixels that become one; OpenCV's would skip some.
    square = Image.fromarray(color).resize(
        (SIDE_PX, SIDE_PX),
        Image.Resampling.BICUBIC,
        box=(left, top, left + side, top + side),
    )
    levels = (np.asarray(square, np.float32) - _MIDDLE) / _SCALE
    return np.ascontiguousarray(levels.transpose(2, 0, 1))
