"""Metadata of every format is removed, and the picture stays as it is."""

import io
import random
import struct
import time
from pathlib import Path

import cv2
import numpy as np
import pillow_heif
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from domain.errors.files import CorruptImage, FileRefused, UnsupportedFormat
from domain.images.containers.boxes import Box
from domain.images.containers.heif import choose_items
from domain.images.containers.heif_index import Item, Reference
from domain.images.formats import ImageFormat, sniff_format
from domain.images.inspect_header import inspect_header
from domain.images.pillow import register_heif
from domain.images.read_metadata import read_metadata
from domain.images.strip_metadata import strip_metadata
from domain.images.values import Metadata
from tests.fuzz.mutation import mutate
from tests.fuzz.seeds import drawn_seeds
from tests.positions import (
    IPTC,
    exif_with_place,
    files_with_places,
    png_chunks,
    read_tags,
    tags_that_tell,
)
from tests.unit.images.drawing import GENEROUS, draw, gray_of, save

FILES = files_with_places()
# Machines of tests are shared: what takes a millisecond alone may take a second beside others.
MAX_CPU_SECONDS = 20.0
# What exiftool does not look for, or not there: words, maps, and what lies behind or within.
UNTOLD = {
    *("comment.jpg", "map.tif", "exif big.tif", "thumbnail.jpg", "two pictures.jpg"),
    *("behind.png", "motion.jpg", "motion.heic"),
}
LATITUDE = struct.pack("<II", 11157, 500), struct.pack(">II", 11157, 500)
NAMES_OF_PLACES = (b"47,22", b"Zurich", "Zürich".encode(), b"Bellevue", b"8.5418")


def _format(data: bytes) -> ImageFormat:
    found = sniff_format(data)
    assert found is not None
    return found


def _strip(data: bytes) -> bytes:
    return strip_metadata(data, _format(data))


def _metadata(data: bytes) -> Metadata:
    image_format = _format(data)
    return read_metadata(data, image_format, inspect_header(data, image_format, GENEROUS))


def _assert_same_pixels(data: bytes, stripped: bytes) -> None:
    register_heif()
    with Image.open(io.BytesIO(data)) as before, Image.open(io.BytesIO(stripped)) as after:
        assert (before.mode, before.size) == (after.mode, after.size)
        assert np.array_equal(np.asarray(before), np.asarray(after))
        assert before.info.get("icc_profile") == after.info.get("icc_profile")
    image_format = _format(data)
    assert np.array_equal(gray_of(data, image_format), gray_of(stripped, image_format))


def _color(data: bytes) -> np.ndarray:
    color = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert color is not None
    return color


def _folders(parent: Path) -> tuple[Path, Path]:
    folders = parent / "before", parent / "after"
    for folder in folders:
        folder.mkdir()
    return folders


@pytest.mark.parametrize("name", FILES)
def test_picture_stays_as_it_is(name: str) -> None:
    _assert_same_pixels(FILES[name], _strip(FILES[name]))


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_no_place_is_left(name: str) -> None:
    stripped = _strip(FILES[name])
    assert _metadata(stripped).gps is None
    assert not any(text in stripped for text in (*NAMES_OF_PLACES, *LATITUDE))
    assert _strip(stripped) == stripped


def test_exiftool_finds_a_place_in_each_file_and_in_none_afterwards(tmp_path: Path) -> None:
    before, after = _folders(tmp_path)
    told = tags_that_tell(FILES, before)
    assert FILES.keys() - told.keys() == UNTOLD
    assert tags_that_tell({name: _strip(data) for name, data in FILES.items()}, after) == {}


@pytest.mark.slow
def test_exiftool_finds_no_place_in_real_photos(test_data: Path, tmp_path: Path) -> None:
    paths = [path for path in (test_data / "photos").rglob("*") if path.is_file()]
    photos = {path.name: path.read_bytes() for path in paths if path.suffix != ".json"}
    before, after = _folders(tmp_path)
    assert len(tags_that_tell(photos, before)) >= 7
    stripped = {name: _strip(data) for name, data in photos.items()}
    assert tags_that_tell(stripped, after) == {}


@pytest.mark.parametrize("source", ["drawn files", "real photos"])
def test_exiftool_finds_no_metadata_but_what_decoding_needs(
    source: str, test_data: Path, tmp_path: Path
) -> None:
    paths = [path for path in (test_data / "photos").rglob("*") if path.is_file()]
    photos = {path.name: path.read_bytes() for path in paths if path.suffix != ".json"}
    files = FILES if source == "drawn files" else photos
    left = read_tags({name: _strip(data) for name, data in files.items()}, tmp_path)
    assert {name: tags for name, tags in left.items() if tags} == {}


@pytest.mark.slow
def test_real_photos_stay_as_they_are(test_data: Path) -> None:
    for path in (test_data / "photos").rglob("*"):
        if path.is_file() and path.suffix != ".json":
            data = path.read_bytes()
            stripped = _strip(data)
            _assert_same_pixels(data, stripped)
            if path.suffix == ".jpg":
                assert np.array_equal(_color(data), _color(stripped)), path.name


@pytest.mark.parametrize("name", ["exif.jpg", "exif.png", "exif.webp", "exif.tif", "exif.heic"])
def test_other_tags_go(name: str) -> None:
    before, after = _metadata(FILES[name]), _metadata(_strip(FILES[name]))
    assert before.gps is not None
    assert (before.camera_make, before.camera_model) == ("Maker", "Model 1")
    assert after == Metadata(orientation=after.orientation)
    assert after.orientation == (None if name in {"exif.heic", "exif.tif"} else 1)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_picture_stays_upright_even_if_its_tags_are_lost(orientation: int) -> None:
    exif = bytearray(exif_with_place(orientation=orientation).tobytes())
    plain = save(draw(24, 16), "JPEG", exif=bytes(exif))
    assert _metadata(_strip(plain)).orientation == orientation
    # A directory that lies within another one cannot be told apart.
    exif[exif.index(b"\x87\x69") + 8 : exif.index(b"\x87\x69") + 12] = struct.pack(">I", 12)
    damaged = save(draw(24, 16), "JPEG", exif=bytes(exif))
    stripped = _strip(damaged)
    assert (_metadata(stripped).orientation, _metadata(stripped).camera_make) == (orientation, None)


def test_png_keeps_its_checksums_and_known_chunks() -> None:
    kinds = png_chunks(_strip(FILES["exif.png"]))
    assert kinds[0] == b"IHDR"
    assert b"eXIf" in kinds
    assert kinds[-1] == b"IEND"


@pytest.mark.parametrize("name", ["two pictures.jpg", "motion.jpg"])
def test_bytes_behind_the_picture_go(name: str) -> None:
    stripped = _strip(FILES[name])
    assert stripped.count(b"\xff\xd8\xff") == 1
    assert stripped.endswith(b"\xff\xd9")


def test_iptc_goes_as_a_whole() -> None:
    stripped = _strip(FILES["iptc.tif"])
    assert b"Kept title" not in stripped
    assert IPTC not in stripped


def test_file_of_another_format_is_refused() -> None:
    with pytest.raises(UnsupportedFormat):
        strip_metadata(FILES["exif.png"], ImageFormat.JPEG)


@pytest.mark.parametrize("name", ["exif.heic", "exif.avif"])
def test_cut_off_structure_is_corrupt(name: str) -> None:
    data = FILES[name]
    with pytest.raises(CorruptImage):
        strip_metadata(data[: len(data) // 2], _format(data))


@pytest.mark.parametrize("name", ["exif.jpg", "exif.png", "exif.webp"])
def test_cut_off_picture_loses_its_place_all_the_same(name: str) -> None:
    data = FILES[name]
    stripped = _strip(data[: len(data) * 3 // 4])
    assert LATITUDE[1] in data
    assert LATITUDE[1] not in stripped


def _frames(data: bytes) -> list[tuple[bytes, object]]:
    """Decode every frame, with the time for which it is shown."""
    register_heif()
    with Image.open(io.BytesIO(data)) as picture:
        frames = []
        for number in range(getattr(picture, "n_frames", 1)):
            picture.seek(number)
            frames.append((picture.convert("RGBA").tobytes(), picture.info.get("duration")))
        return frames


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF", "AVIF", "HEIF"])
def test_every_frame_of_a_sequence_stays(kind: str) -> None:
    pictures = [draw(64, 48, seed).convert("RGBA") for seed in range(3)]
    more = {"duration": 40} if kind not in {"TIFF", "HEIF"} else {}
    data = save(pictures[0], kind, save_all=True, append_images=pictures[1:], **more)
    frames = _frames(data)
    assert len(frames) == 3
    assert _frames(_strip(data)) == frames


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "HEIF", "TIFF"])
def test_transparency_stays(kind: str) -> None:
    picture = draw(64, 48).convert("RGBA")
    picture.putalpha(draw(64, 48, 1).convert("L"))
    data = save(picture, kind)
    assert len(set(picture.getchannel("A").tobytes())) > 1
    assert _frames(_strip(data)) == _frames(data)


def test_tiled_heic_stays_as_it_is(test_data: Path) -> None:
    data = (test_data / "photos" / "IMG_5195.HEIC").read_bytes()
    assert b"grid" in data
    assert _frames(_strip(data)) == _frames(data)


@pytest.mark.slow
def test_thumbnail_within_heic_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pillow_heif.options, "THUMBNAILS", True)
    heif = pillow_heif.from_pillow(draw(640, 480))
    sides: list[int | None] = [128]
    heif[0].info.update(thumbnails=sides)
    file = io.BytesIO()
    heif.save(file)
    data = file.getvalue()
    assert pillow_heif.open_heif(data).info["thumbnails"] == [128]
    assert pillow_heif.open_heif(_strip(data)).info["thumbnails"] == []
    assert _frames(_strip(data)) == _frames(data)


def test_depth_and_gain_maps_go_and_tiles_and_alpha_stay() -> None:
    kinds = {1: b"grid", 2: b"hvc1", 3: b"hvc1", 4: b"hvc1", 5: b"hvc1", 6: b"tmap", 7: b"hvc1"}
    entry = Box(b"infe", 0, 8, 8)
    items = [Item(number, entry, kind, 0) for number, kind in kinds.items()]
    tiles, alpha, depth = (1, (2, 3)), (4, (1,)), (5, (1,))
    references = [
        Reference(b"dimg", *tiles),
        Reference(b"auxl", *alpha),
        Reference(b"auxl", *depth),
        Reference(b"dimg", 6, (1, 7)),  # A picture with its gain map.
        Reference(b"cdsc", 8, (1,)),
    ]
    assert choose_items(items, 1, references, alphas={4}) == {1, 2, 3, 4}


def test_old_times_and_names_of_a_sequence_go() -> None:
    pictures = [draw(64, 48, seed) for seed in range(2)]
    stripped = _strip(save(pictures[0], "AVIF", save_all=True, append_images=pictures[1:]))
    for kind in (b"mvhd", b"tkhd", b"mdhd"):
        at = stripped.index(kind) + 4
        assert stripped[at + 4 : at + (20 if stripped[at] else 12)].strip(b"\x00") == b""


def test_bmp_keeps_its_pixels_and_loses_what_lies_behind_them() -> None:
    data = save(draw(64, 48), "BMP")
    assert _strip(data + b"GPS 47.3729 8.5418") == data


def _check_any(data: bytes) -> None:
    """Whatever comes in: a file of that format without a place, or a refusal, in time."""
    image_format = sniff_format(data)
    if image_format is None:
        return
    began = time.process_time()
    try:
        stripped = strip_metadata(data, image_format)
    except FileRefused:
        return
    finally:
        assert time.process_time() - began < MAX_CPU_SECONDS
    assert sniff_format(stripped) is image_format
    try:
        header = inspect_header(stripped, image_format, GENEROUS)
    except FileRefused:
        return
    assert read_metadata(stripped, image_format, header).gps is None


@pytest.mark.parametrize("name", FILES)
def test_changed_files_are_stripped_or_refused(name: str) -> None:
    others = list(drawn_seeds().values())
    for number in range(25):
        chance = random.Random(f"{name} {number}")  # noqa: S311
        _check_any(mutate(FILES[name], others, chance))


@pytest.mark.slow
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    name=st.sampled_from(sorted(FILES)),
    at=st.integers(0, 3000),
    change=st.binary(min_size=1, max_size=12),
)
def test_overwritten_bytes_do_no_harm(name: str, at: int, change: bytes) -> None:
    data = FILES[name]
    _check_any(data[:at] + change + data[at + len(change) :])
