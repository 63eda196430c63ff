"""Finds faces that look into the camera."""

import functools
from pathlib import Path
from typing import Protocol

from domain.images.opencv import Pixels, cv2, opencv_threads
from domain.images.values import Box, Face

DETECTION_SIDE_PX = 1280
"""Larger pictures are scaled down to this before detection."""

_CASCADE = "haarcascade_frontalface_default.xml"
_SCALE_FACTOR = 1.1
_MIN_NEIGHBORS = 6
_MIN_FACE_PX = 96
_GROUP_EPS = 0.2
"""Relative difference of boxes that are merged; OpenCV's own, ``GROUP_EPS``."""


class FaceDetector(Protocol):
    """Finds faces in one picture."""

    def detect(self, grayscale: Pixels, threads: int = 1) -> list[Face]:
        """Find faces in gray pixels, 0 to 255, no side over ``DETECTION_SIDE_PX``."""
        ...


class HaarFaceDetector:
    """OpenCV's boosted cascade of Haar features.

    Source:
        P. Viola, M. Jones, "Rapid object detection using a boosted cascade of simple
        features", CVPR 2001; OpenCV, objdetect, ``CascadeClassifier``.
    """

    def __init__(self) -> None:
        self._cascade = cv2.CascadeClassifier(f"{Path(cv2.__file__).parent}/data/{_CASCADE}")

    def detect(self, grayscale: Pixels, threads: int = 1) -> list[Face]:
        """Find faces of 96 pixels or more; see :class:`FaceDetector`.

        The cascade finds a face at several positions and sizes. OpenCV merges those that overlap
        and drops a group of ``_MIN_NEIGHBORS`` or fewer; the score is the size of the group.
        """
        even = cv2.equalizeHist(grayscale)
        with opencv_threads(threads):
            hits, _ = self._cascade.detectMultiScale2(
                even, _SCALE_FACTOR, 0, minSize=(_MIN_FACE_PX, _MIN_FACE_PX)
            )
        # Threads append what they find as they find it. The merged boxes depend on the order, and
        # in this one, by scale and row, a single thread finds them.
        ordered = sorted(hits, key=lambda hit: (hit[2], hit[1], hit[0]))
        # As detectMultiScale2 does where it is not told to leave the hits as they are.
        boxes, merged = cv2.groupRectangles(ordered, _MIN_NEIGHBORS, _GROUP_EPS)
        return [
            Face([int(value) for value in box], int(score))
            for box, score in zip(boxes, merged, strict=True)
        ]


@functools.cache
def load_detector() -> FaceDetector:
    """Load the model, once a process."""
    return HaarFaceDetector()


def detect_faces(
    small: Pixels, width: int, height: int, detector: FaceDetector, threads: int = 1
) -> list[Face]:
    """Find faces in a picture of any size.

    Args:
        small: Gray, 0 to 255, upright, no side over ``DETECTION_SIDE_PX``.
        width: Pixels of the picture before it was shrunk.
        height: Likewise.
        detector: The model.
        threads: How many processors it may use; the faces are the same.

    Returns:
        Faces with boxes ``[x, y, width, height]`` in pixels of the picture before it was shrunk,
        each within it.
    """
    faces = detector.detect(small, threads)
    if small.shape == (height, width):
        return faces
    scale_x, scale_y = width / small.shape[1], height / small.shape[0]
    return [
        Face(_scale_back(face.box, scale_x, scale_y, width, height), face.score) for face in faces
    ]


def _scale_back(box: Box, scale_x: float, scale_y: float, width: int, height: int) -> Box:
    left, top, box_width, box_height = box
    x = min(max(round(left * scale_x), 0), width - 1)
    y = min(max(round(top * scale_y), 0), height - 1)
    right = min(round((left + box_width) * scale_x), width)
    bottom = min(round((top + box_height) * scale_y), height)
    return [x, y, max(right - x, 1), max(bottom - y, 1)]
