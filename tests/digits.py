"""The handwritten digits that scikit-learn brings, as files to upload."""

import io

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits

from tests.service import File

DIGITS = load_digits()
ONES_AND_ZEROS = [n for n, digit in enumerate(DIGITS.target) if digit in {0, 1, 4}]
"""Numbers of the digits 0, 1 and 4."""


def draw_digit(number: int) -> File:
    """Draw a digit as a PNG of 64 × 64 pixels."""
    levels = (DIGITS.images[number] * 15.9).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(levels).resize((64, 64), Image.Resampling.BICUBIC).save(file, "PNG")
    return f"{number}.png", file.getvalue()
