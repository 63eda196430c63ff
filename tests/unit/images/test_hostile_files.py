import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors.files import FileRefused
from domain.images.formats import ImageFormat
from domain.images.values import ImageWarning
from tests.unit.images.drawing import LIMITS, files, png_claiming, process

ROUNDS = 40
CUT = {ImageWarning.TRUNCATED, ImageWarning.END_MISSING}


def _refused_or_processed(data: bytes, image_format: ImageFormat) -> bool:
    """Whether a file was processed; anything but a result or a refusal is a failure."""
    try:
        processed = process(data, limits=LIMITS, image_format=image_format)
    except FileRefused:
        return False
    assert processed.width > 0
    return True


@pytest.mark.parametrize("name", sorted(files()))
def test_cut_files_are_refused_or_marked(name: str) -> None:
    data, image_format = files()[name], ImageFormat(name.split(maxsplit=1)[0])
    spare = 40 if name.startswith(("gif", "tiff")) else 0
    for end in range(1, len(data) - spare, max(len(data) // 15, 1)):
        try:
            processed = process(data[:end], ("metadata", "histogram"), LIMITS, image_format)
        except FileRefused:
            continue
        assert CUT & {*processed.warnings}, end


@pytest.mark.parametrize("name", sorted(files()))
def test_damaged_files_are_refused_or_processed_and_nothing_else(name: str) -> None:
    chance = random.Random(name)  # noqa: S311
    for _ in range(ROUNDS):
        data = bytearray(files()[name])
        for _ in range(chance.choice((1, 2, 4, 16))):
            reach = len(data) if chance.random() < 0.5 else min(len(data), 400)
            data[chance.randrange(reach)] = chance.choice((0, 1, 127, 128, 255))
        if chance.random() < 0.2:
            start = chance.randrange(len(data))
            del data[start : start + chance.randrange(1, 40)]
        _refused_or_processed(bytes(data), ImageFormat(name.split(maxsplit=1)[0]))


@given(st.sampled_from(sorted(files())), st.binary(max_size=300))
@settings(deadline=None)
def test_junk_behind_magic_bytes_is_refused_or_processed(name: str, junk: bytes) -> None:
    _refused_or_processed(files()[name][:16] + junk, ImageFormat(name.split(maxsplit=1)[0]))


@pytest.mark.parametrize("image_format", list(ImageFormat))
def test_one_format_inside_another_is_refused(image_format: ImageFormat) -> None:
    for name, data in files().items():
        if not name.startswith(image_format):
            assert not _refused_or_processed(data, image_format)


def test_a_bomb_costs_no_time() -> None:
    bomb = png_claiming(50_000, 50_000, b"\x00" * 1_000_000)
    started = time.process_time()
    assert not _refused_or_processed(bomb, ImageFormat.PNG)
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize("size", [(2_000, 2_000), (1, 1), (4_000, 1_000)])
def test_pixels_that_do_not_match_the_header_are_refused(size: tuple[int, int]) -> None:
    lying = png_claiming(*size, b"\x00" * (size[0] * size[1] // 2))
    assert not _refused_or_processed(lying, ImageFormat.PNG)


@pytest.mark.parametrize("data", [b"\xff" * 4096, b"\x00" * 4096, b"\xff\xd8\xff" * 3000])
def test_endless_padding_is_refused(data: bytes) -> None:
    for image_format in ImageFormat:
        assert not _refused_or_processed(data, image_format)


def test_many_tiny_segments_cost_no_time() -> None:
    data = b"\xff\xd8" + b"\xff\xfe\x00\x02" * 2_000_000
    started = time.process_time()
    assert not _refused_or_processed(data, ImageFormat.JPEG)
    assert time.process_time() - started < 2
