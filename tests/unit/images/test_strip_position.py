"""Positions go out of every format, and the picture stays as it is."""

import io
import random
import struct
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from domain.errors.files import CorruptImage, FileRefused, UnsupportedFormat
from domain.images.decode_grayscale import decode_grayscale
from domain.images.formats import ImageFormat, sniff_format
from domain.images.inspect_header import inspect_header
from domain.images.pillow import register_heif
from domain.images.positions.xmp import strip_xmp
from domain.images.read_metadata import read_metadata
from domain.images.strip_position import strip_position
from domain.images.values import Metadata
from tests.fuzz.mutation import mutate
from tests.fuzz.seeds import drawn_seeds
from tests.positions import (
    IPTC,
    XMP,
    exif_with_place,
    files_with_places,
    png_chunks,
    tags_that_tell,
)
from tests.unit.images.drawing import GENEROUS, draw, save

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
    return strip_position(data, _format(data))


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
    assert np.array_equal(
        decode_grayscale(data, image_format), decode_grayscale(stripped, image_format)
    )


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


def test_exiftool_finds_no_place_in_real_photos(test_data: Path, tmp_path: Path) -> None:
    paths = [path for path in (test_data / "photos").rglob("*") if path.is_file()]
    photos = {path.name: path.read_bytes() for path in paths if path.suffix != ".json"}
    before, after = _folders(tmp_path)
    assert len(tags_that_tell(photos, before)) >= 7
    stripped = {name: _strip(data) for name, data in photos.items()}
    assert tags_that_tell(stripped, after) == {}


def test_real_photos_stay_as_they_are(test_data: Path) -> None:
    for path in (test_data / "photos").rglob("*"):
        if path.is_file() and path.suffix != ".json":
            data = path.read_bytes()
            stripped = _strip(data)
            _assert_same_pixels(data, stripped)
            if path.suffix == ".jpg":
                assert np.array_equal(_color(data), _color(stripped)), path.name


@pytest.mark.parametrize("name", ["exif.jpg", "exif.png", "exif.webp", "exif.tif", "exif.heic"])
def test_other_tags_stay(name: str) -> None:
    before, after = _metadata(FILES[name]), _metadata(_strip(FILES[name]))
    assert before.gps is not None
    assert (after.camera_make, after.camera_model) == ("Maker", "Model 1")
    assert (after.taken_at, after.f_number) == (before.taken_at, before.f_number)


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


def test_xmp_keeps_its_length_and_what_else_it_says() -> None:
    stripped = strip_xmp(XMP + bytes(20))
    assert len(stripped) == len(XMP) + 20
    assert b"kept > credit" in stripped
    assert b"image/kept" in stripped
    assert strip_xmp(stripped) == stripped


@pytest.mark.parametrize(
    "packet",
    [
        XMP.replace(b"</rdf:RDF>", b""),
        XMP.decode().encode("utf-16"),
        b'<!DOCTYPE x [<!ENTITY a "b">]>' + XMP,
        XMP.replace(b'xmlns:exif="http://ns.adobe.com/exif/1.0/"', b""),
        b"GPSLatitude=47",
    ],
    ids=["not well formed", "utf-16", "document type", "no namespace", "no xml"],
)
def test_packet_that_cannot_be_understood_is_blank(packet: bytes) -> None:
    assert strip_xmp(packet).strip() == b""
    assert len(strip_xmp(packet)) == len(packet)


def test_png_keeps_its_checksums_and_known_chunks() -> None:
    kinds = png_chunks(_strip(FILES["exif.png"]))
    assert kinds[0] == b"IHDR"
    assert b"eXIf" in kinds
    assert kinds[-1] == b"IEND"


def test_second_picture_stays_and_a_film_goes() -> None:
    two, motion = _strip(FILES["two pictures.jpg"]), _strip(FILES["motion.jpg"])
    assert two.count(b"\xff\xd8\xff") == 2
    assert len(two) == len(FILES["two pictures.jpg"])
    assert motion.endswith(b"\xff\xd9")


def test_iptc_keeps_its_title() -> None:
    stripped = _strip(FILES["iptc.tif"])
    assert b"Kept title" in stripped
    assert IPTC not in stripped


def test_file_of_another_format_is_refused() -> None:
    with pytest.raises(UnsupportedFormat):
        strip_position(FILES["exif.png"], ImageFormat.JPEG)


@pytest.mark.parametrize("name", ["exif.png", "exif.webp", "exif.gif", "exif.heic", "exif.avif"])
def test_cut_off_structure_is_corrupt(name: str) -> None:
    data = FILES.get(name) or FILES["xmp.gif"]
    with pytest.raises(CorruptImage):
        strip_position(data[: len(data) // 2], _format(data))


def test_cut_off_jpeg_loses_its_place_all_the_same() -> None:
    data = FILES["exif.jpg"]
    stripped = _strip(data[: len(data) * 3 // 4])
    assert LATITUDE[1] in data
    assert LATITUDE[1] not in stripped


def _check_any(data: bytes) -> None:
    """Whatever comes in: a file of that format without a place, or a refusal, in time."""
    image_format = sniff_format(data)
    if image_format is None:
        return
    began = time.process_time()
    try:
        stripped = strip_position(data, image_format)
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


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    name=st.sampled_from(sorted(FILES)),
    at=st.integers(0, 3000),
    change=st.binary(min_size=1, max_size=12),
)
def test_overwritten_bytes_do_no_harm(name: str, at: int, change: bytes) -> None:
    data = FILES[name]
    _check_any(data[:at] + change + data[at + len(change) :])


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.sampled_from([b"", XMP[:300], b"<a:GPS x:gps='1'>"]))
def test_any_packet_keeps_its_length(junk: bytes, start: bytes) -> None:
    assert len(strip_xmp(start + junk)) == len(start + junk)
