"""A HEIC is decoded with all of its tiles, or refused."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from domain.errors.files import CorruptImage
from domain.images.containers.boxes import box_budget, find_box, read_boxes
from domain.images.containers.heif_index import read_extents, read_items
from tests.unit.images.drawing import draw, process, save

TILES = 4


def _tiled(*, corner: tuple[int, int, int] | None = None, mode: str = "RGB") -> bytes:
    pixels = np.asarray(draw(128, 128)).copy()
    if corner is not None:
        pixels[:64, :64] = corner
    picture = Image.fromarray(pixels).convert(mode)
    return save(picture, "HEIF", tile_size=64, quality=90)


def _without_tile(data: bytes, number: int) -> bytes:
    meta = find_box(read_boxes(data, (0, len(data)), box_budget()), b"meta")
    assert meta is not None
    boxes = read_boxes(data, (meta.body + 4, meta.end), box_budget())
    iinf, iloc = find_box(boxes, b"iinf"), find_box(boxes, b"iloc")
    assert iinf is not None
    assert iloc is not None
    tiles = [item.number for item in read_items(data, iinf, box_budget()) if item.kind == b"hvc1"]
    assert len(tiles) == TILES
    damaged = bytearray(data)
    for start, end in read_extents(data, iloc, None)[tiles[number]]:
        damaged[start:end] = bytes(end - start)
    return bytes(damaged)


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("number", range(TILES))
@pytest.mark.parametrize("operation", ["histogram", "thumbnail"])
def test_a_missing_tile_refuses_the_picture(mode: str, number: int, operation: str) -> None:
    whole = _tiled(mode=mode)
    assert process(whole, (operation,)).errors == {}
    with pytest.raises(CorruptImage):
        process(_without_tile(whole, number), (operation,))


@pytest.mark.slow
@pytest.mark.parametrize("corner", [(0, 0, 0), (0, 135, 0), (0, 84, 0)])
def test_a_picture_that_looks_as_if_a_tile_were_missing_is_not_refused(
    corner: tuple[int, int, int],
) -> None:
    processed = process(_tiled(corner=corner))
    assert (processed.width, processed.height, processed.errors) == (128, 128, {})


@pytest.mark.slow
def test_photos_of_phones_have_all_tiles(photos: Path) -> None:
    for path in photos.rglob("*.HEIC"):
        assert process(path.read_bytes(), ("histogram",)).errors == {}
