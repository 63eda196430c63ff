from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from domain.images.detect_faces import DETECTION_SIDE_PX, detect_faces, load_detector
from domain.images.formats import ImageFormat
from domain.images.opencv import Pixels
from domain.images.shrink_image import shrink_image
from domain.images.values import Box
from tests.unit.images.drawing import draw, gray_of, process, save


class _FixedDetector:
    def __init__(self, *boxes: Box) -> None:
        self.boxes = list(boxes)

    def detect(self, grayscale: Pixels) -> list[Box]:
        return self.boxes


def test_finds_exactly_the_expected_faces(
    test_data: Path, expected_faces: dict[str, list[Box]]
) -> None:
    for name, boxes in expected_faces.items():
        processed = process((test_data / "lfw" / name).read_bytes(), ("faces",))
        assert processed.results["faces"] == boxes, name


def test_finds_the_same_face_in_a_larger_picture(
    test_data: Path, expected_faces: dict[str, list[Box]]
) -> None:
    name = "Alan_Mulally_0001.jpg"
    with Image.open(test_data / "lfw" / name) as picture:
        large = picture.resize((2500, 2500), Image.Resampling.BICUBIC)
    found = process(save(large, "JPEG", quality=95), ("faces",)).results["faces"]
    assert isinstance(found, list)
    assert len(found) == 1
    assert np.abs(np.array(found[0]) - 10 * np.array(expected_faces[name][0])).max() < 100


def test_a_picture_without_faces_has_none() -> None:
    assert process(save(draw(400, 300), "PNG"), ("faces",)).results["faces"] == []


def test_boxes_are_scaled_back_and_stay_within_the_picture() -> None:
    small = np.zeros((640, 1280), np.uint8)
    boxes = detect_faces(small, 2561, 1281, _FixedDetector([100, 50, 96, 96], [1184, 544, 96, 96]))
    assert boxes[0] == [200, 100, 192, 192]
    x, y, width, height = boxes[1]
    assert (x + width, y + height) == (2561, 1281)


def test_boxes_of_a_small_picture_stay_as_they_are() -> None:
    small = np.zeros((250, 250), np.uint8)
    assert detect_faces(small, 250, 250, _FixedDetector([67, 66, 118, 118])) == [[67, 66, 118, 118]]


def test_the_model_is_loaded_once() -> None:
    assert load_detector() is load_detector()


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1280, 900), (1280, 900)),
        ((1281, 900), (1280, 899)),
        ((4032, 3024), (1280, 960)),
        ((3024, 4032), (960, 1280)),
        ((20_000, 3), (1280, 1)),
        ((1, 9_000), (1, 1280)),
    ],
)
def test_pictures_are_shrunk_to_fit(size: tuple[int, int], expected: tuple[int, int]) -> None:
    width, height = size
    small = shrink_image(np.full((height, width), 77, np.uint8), DETECTION_SIDE_PX)
    assert small.shape == expected[::-1]
    assert small.min() == small.max() == 77


def test_shrinking_in_steps_looks_like_shrinking_at_once(photos: Path) -> None:
    gray = gray_of((photos / "iphone_hdr_YES.jpg").read_bytes(), ImageFormat.JPEG)
    once = cv2.resize(gray, (1280, 960), interpolation=cv2.INTER_AREA)
    steps = shrink_image(gray, DETECTION_SIDE_PX, cv2.INTER_LINEAR)
    assert cv2.PSNR(once, steps) > 38
