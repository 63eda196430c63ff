"""The pipeline on two processors gives what it gives on one."""

from pathlib import Path
from typing import Any

import pytest

from domain.errors.files import CorruptImage, DecodeTimedOut
from domain.images import pipeline, process_on_two
from domain.images.formats import ImageFormat
from domain.images.operations import ALL_OPERATIONS
from domain.images.pipeline import process_image
from domain.images.values import ProcessedImage
from domain.limits import ImageLimits
from tests.unit.images.drawing import LIMITS, files


def _process(
    data: bytes,
    image_format: ImageFormat,
    operations: tuple[str, ...] = ALL_OPERATIONS,
    limits: ImageLimits = LIMITS,
) -> tuple[ProcessedImage, list[str]]:
    steps: list[str] = []
    found = process_on_two.process_on_two(
        data, image_format, operations, limits, lambda: None, (steps.append, steps.append)
    )
    return found, steps


@pytest.mark.parametrize("name", sorted(files()))
def test_results_of_every_kind_of_file_are_the_same(name: str) -> None:
    data, image_format = files()[name], ImageFormat(name.split(maxsplit=1)[0])
    for operations in (ALL_OPERATIONS, ("thumbnail",), ("metadata", "faces")):
        found, steps = _process(data, image_format, operations)
        one = process_image(data, image_format, operations, LIMITS, lambda: None)
        assert found == one
        assert list(found.results) == list(operations)
        assert set(steps) == {*operations, pipeline.DECODE}


def test_results_of_damaged_photos_are_the_same(photos: Path) -> None:
    data = (photos / "corrupted.jpg").read_bytes()
    for part in (data, data[: len(data) * 9 // 10]):
        found, _ = _process(part, ImageFormat.JPEG, limits=ImageLimits())
        assert found == process_image(
            part, ImageFormat.JPEG, ALL_OPERATIONS, ImageLimits(), lambda: None
        )
    assert found.warnings


def test_a_large_picture_is_decoded_once_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []

    def note(*args: Any, **options: Any) -> ProcessedImage:
        asked.append(args[2])
        return process_image(*args, **options)

    monkeypatch.setattr(process_on_two, "process_image", note)
    data, pixels = files()["jpeg"], 160 * 120
    _process(data, ImageFormat.JPEG, limits=ImageLimits(max_pixels=2 * pixels - 1))
    assert asked == [ALL_OPERATIONS]
    _process(data, ImageFormat.JPEG, limits=ImageLimits(max_pixels=2 * pixels))
    assert len(asked) == 3


def test_a_file_that_cannot_be_decoded_is_refused() -> None:
    with pytest.raises(CorruptImage):
        _process(files()["jpeg"][:200], ImageFormat.JPEG)


def test_the_time_limit_holds_in_both_threads() -> None:
    def late() -> None:
        raise DecodeTimedOut

    for operations in (ALL_OPERATIONS, ("thumbnail", "faces")):
        with pytest.raises(DecodeTimedOut):
            process_on_two.process_on_two(
                files()["jpeg"],
                ImageFormat.JPEG,
                operations,
                LIMITS,
                late,
                (lambda _: None, lambda _: None),
            )
