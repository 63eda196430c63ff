from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from domain.images.detect_faces import (
    _CASCADE,
    DETECTION_SIDE_PX,
    detect_faces,
    load_detector,
)
from domain.images.formats import ImageFormat
from domain.images.opencv import Pixels
from domain.images.shrink_image import shrink_image
from domain.images.values import Box, Face
from tests.unit.images.drawing import draw, gray_of, process, save


class _FixedDetector:
    def __init__(self, *boxes: Box) -> None:
        self.faces = [Face(box, score=7 + at) for at, box in enumerate(boxes)]

    def detect(self, grayscale: Pixels, threads: int = 1) -> list[Face]:
        return self.faces


def boxes_of(faces: object) -> list[Box]:
    assert isinstance(faces, list)
    return [face.box for face in faces]


def test_finds_exactly_the_expected_faces(
    test_data: Path, expected_faces: dict[str, list[Box]]
) -> None:
    for name, boxes in expected_faces.items():
        processed = process((test_data / "lfw" / name).read_bytes(), ("faces",))
        assert boxes_of(processed.results["faces"]) == boxes, name


def test_the_score_counts_the_merged_detections_and_changes_no_box(
    test_data: Path, expected_faces: dict[str, list[Box]]
) -> None:
    model = cv2.CascadeClassifier(f"{Path(cv2.__file__).parent}/data/{_CASCADE}")
    for name, boxes in expected_faces.items():
        gray = gray_of((test_data / "lfw" / name).read_bytes(), ImageFormat.JPEG)
        even = cv2.equalizeHist(gray)
        plain = model.detectMultiScale(even, 1.1, 6, minSize=(96, 96))
        merged = len(model.detectMultiScale(even, 1.1, 0, minSize=(96, 96)))
        (face,) = load_detector().detect(gray)
        assert [face.box] == [list(box) for box in plain] == boxes, name
        assert 30 < face.score <= merged, name


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_finds_the_boxes_of_opencv_on_any_number_of_threads(test_data: Path, threads: int) -> None:
    model = cv2.CascadeClassifier(f"{Path(cv2.__file__).parent}/data/{_CASCADE}")
    random = np.random.default_rng(3)
    portraits = [
        gray_of(path.read_bytes(), ImageFormat.JPEG)
        for path in sorted((test_data / "lfw").glob("*.jpg"))
    ]
    for _ in range(5):
        rows = [np.hstack([portraits[n] for n in random.integers(0, 5, 4)]) for _ in range(3)]
        crowd = np.vstack(rows)
        boxes, scores = model.detectMultiScale2(cv2.equalizeHist(crowd), 1.1, 6, minSize=(96, 96))
        found = load_detector().detect(crowd, threads)
        assert [face.box for face in found] == [list(box) for box in boxes]
        assert [face.score for face in found] == list(scores)
        assert len(found) >= 8
    assert cv2.getNumThreads() == 1


def test_finds_the_same_face_in_a_larger_picture(
    test_data: Path, expected_faces: dict[str, list[Box]]
) -> None:
    name = "Alan_Mulally_0001.jpg"
    with Image.open(test_data / "lfw" / name) as picture:
        large = picture.resize((2500, 2500), Image.Resampling.BICUBIC)
    found = process(save(large, "JPEG", quality=95), ("faces",)).results["faces"]
    (box,) = boxes_of(found)
    assert np.abs(np.array(box) - 10 * np.array(expected_faces[name][0])).max() < 100


def test_a_picture_without_faces_has_none() -> None:
    assert process(save(draw(400, 300), "PNG"), ("faces",)).results["faces"] == []


def test_boxes_are_scaled_back_and_stay_within_the_picture() -> None:
    small = np.zeros((640, 1280), np.uint8)
    faces = detect_faces(small, 2561, 1281, _FixedDetector([100, 50, 96, 96], [1184, 544, 96, 96]))
    assert faces[0] == Face([200, 100, 192, 192], 7)
    x, y, width, height = faces[1].box
    assert faces[1].score == 8
    assert (x + width, y + height) == (2561, 1281)


def test_boxes_of_a_small_picture_stay_as_they_are() -> None:
    small = np.zeros((250, 250), np.uint8)
    found = detect_faces(small, 250, 250, _FixedDetector([67, 66, 118, 118]))
    assert found == [Face([67, 66, 118, 118], 7)]


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
