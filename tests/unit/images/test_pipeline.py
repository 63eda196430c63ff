import pickle
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from domain.errors.files import CorruptImage, DecodeTimedOut, FileRefused, OperationFailed
from domain.images import pipeline
from domain.images.formats import ImageFormat
from domain.images.inspect_header import inspect_header
from domain.images.operations import ALL_OPERATIONS, DEFAULT_OPERATIONS
from domain.images.pipeline import STEPS, Source, Step, process_image, warm_up, warm_up_learning
from domain.images.values import Metadata, Thumbnail, unpack_bins
from domain.limits import ImageLimits
from tests.unit.images.drawing import LIMITS, draw, files, process, save


def test_there_is_a_step_for_every_operation_in_canonical_order() -> None:
    assert tuple(step.name for step in STEPS) == ALL_OPERATIONS


@pytest.mark.parametrize("name", sorted(files()))
def test_every_operation_works_on_every_kind_of_file(name: str) -> None:
    processed = process(files()[name], ALL_OPERATIONS)
    assert processed.errors == {}
    assert tuple(processed.results) == ALL_OPERATIONS
    assert processed.format == name.split(maxsplit=1)[0]
    assert (processed.width, processed.height) == (160, 120)
    histogram = processed.results["histogram"]
    assert isinstance(histogram, bytes)
    assert sum(unpack_bins(histogram)) == 160 * 120
    assert isinstance(processed.results["metadata"], Metadata)
    assert isinstance(processed.results["thumbnail"], Thumbnail)


def test_only_what_is_asked_for_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[str] = []

    def spy(name: str) -> Any:
        original = getattr(pipeline, name)

        def call(*args: Any) -> Any:
            decoded.append(name)
            return original(*args)

        return call

    for name in ("decode_grayscale", "decode_picture", "read_metadata"):
        monkeypatch.setattr(pipeline, name, spy(name))
    for operations, expected in (
        (("metadata",), ["read_metadata"]),
        (("faces",), ["decode_grayscale"]),
        (("thumbnail",), ["decode_picture"]),
        (("quality",), ["decode_grayscale"]),
        (("embedding",), ["decode_picture"]),
        (ALL_OPERATIONS, ["read_metadata", "decode_grayscale", "decode_picture"]),
    ):
        decoded.clear()
        assert set(process(files()["jpeg"], operations).results) == set(operations)
        assert decoded == expected


def test_one_decode_serves_all_where_it_can() -> None:
    for name in ("png alpha", "webp", "tiff", "heic", "avif"):
        data, image_format = files()[name], ImageFormat(name.split(maxsplit=1)[0])
        source = Source(data, image_format, inspect_header(data, image_format, LIMITS))
        assert source.preview.shape[:2] == source.grayscale.shape
        assert "picture" in source.__dict__


def test_the_answer_is_small_when_pickled() -> None:
    processed = process(files()["jpeg"], ("metadata", "histogram", "faces", "fingerprint"))
    assert len(pickle.dumps(processed)) < 2_500
    assert pickle.loads(pickle.dumps(processed)) == processed  # noqa: S301


def test_one_failing_operation_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Source) -> Any:
        raise ZeroDivisionError

    def refuse(_: Source) -> Any:
        raise OperationFailed("no")

    broken = {"histogram": fail, "fingerprint": refuse}
    steps = tuple(Step(s.name, broken.get(s.name, s.run), s.decode) for s in STEPS)
    monkeypatch.setattr(pipeline, "STEPS", steps)
    processed = process(files()["png"])
    assert processed.errors == dict.fromkeys(broken, "operation_failed")
    assert set(processed.results) == set(DEFAULT_OPERATIONS) - set(broken)


def test_time_is_checked_between_steps() -> None:
    calls = 0

    def check() -> None:
        nonlocal calls
        calls += 1
        if calls > 3:
            raise DecodeTimedOut

    with pytest.raises(DecodeTimedOut):
        process_image(files()["png"], ImageFormat.PNG, ALL_OPERATIONS, LIMITS, check)
    assert calls == 4


def test_a_file_that_cannot_be_decoded_is_refused_as_a_whole() -> None:
    data = files()["png"]
    start = data.index(b"IDAT") + 10
    damaged = data[:start] + bytes(200) + data[start + 200 :]
    with pytest.raises(CorruptImage):
        process(damaged)


def test_a_locally_damaged_photo_keeps_what_is_whole(photos: Path) -> None:
    processed = process((photos / "corrupted.jpg").read_bytes())
    assert processed.errors == {}
    assert (processed.width, processed.height) == (3648, 2736)
    with pytest.raises(FileRefused):
        process((photos / "corrupted.jpg").read_bytes()[:500_000])


@pytest.mark.slow
def test_every_photo_can_be_processed(photos: Path, truth: list[dict[str, Any]]) -> None:
    for entry in truth:
        processed = process((photos / entry["path"]).read_bytes())
        assert processed.errors == {}, entry["path"]
        histogram = processed.results["histogram"]
        assert isinstance(histogram, bytes)
        assert sum(unpack_bins(histogram)) == processed.width * processed.height


def test_results_do_not_depend_on_what_else_is_asked_for() -> None:
    for name in ("jpeg", "webp", "heic", "png alpha"):
        together = process(files()[name], ALL_OPERATIONS)
        for operation in ALL_OPERATIONS:
            assert process(files()[name], (operation,)).results == {
                operation: together.results[operation]
            }


@pytest.mark.slow
def test_results_are_the_same_every_time() -> None:
    data = save(draw(1500, 900), "JPEG")
    assert process(data, ALL_OPERATIONS) == process(data, ALL_OPERATIONS)


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (7, 5), (1281, 1)])
@pytest.mark.parametrize("name", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP"])
def test_odd_sizes_work(name: str, size: tuple[int, int]) -> None:
    processed = process(save(draw(*size), name), ALL_OPERATIONS)
    assert processed.errors == {}
    assert (processed.width, processed.height) == size


def test_warm_up_needs_nothing_from_outside() -> None:
    warm_up()
    warm_up_learning()


def test_memory_that_runs_out_is_the_pictures_size() -> None:
    limits = ImageLimits(max_pixels=2**40, max_side_px=2**20)
    processed = process(save(draw(64, 64), "PNG"), ("histogram",), limits)
    assert isinstance(processed.results["histogram"], bytes)
    assert np.frombuffer(processed.results["histogram"], "<u4").sum() == 64 * 64
    assert msgspec.structs.asdict(processed)["frames"] == 1
