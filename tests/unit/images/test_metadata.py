import math
import struct
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.images.camera_notes import read_camera_notes
from domain.images.exif_tags import read_exif_with_pillow
from domain.images.formats import ImageFormat
from domain.images.inspect_header import inspect_header
from domain.images.read_metadata import MAX_TEXT_CHARS, parse_tags, read_metadata
from domain.images.values import Gps, Metadata
from domain.limits import ImageLimits
from tests.unit.images.drawing import (
    LIMITS,
    draw,
    exif_with,
    files,
    jpeg_with_exif,
    process,
    save,
    tiff_block,
)

EMPTY = Metadata()


def _read(data: bytes, image_format: ImageFormat = ImageFormat.JPEG) -> Metadata:
    return read_metadata(data, image_format, inspect_header(data, image_format, LIMITS))


def _assert_sane(metadata: Metadata) -> None:
    values = msgspec.structs.asdict(metadata)
    values |= msgspec.structs.asdict(metadata.gps) if metadata.gps else {}
    for value in values.values():
        assert not isinstance(value, float) or math.isfinite(value)
        assert not isinstance(value, str) or 0 < len(value) <= MAX_TEXT_CHARS
    msgspec.json.encode(metadata)


def test_every_photo_says_what_exiftool_says(photos: Path, truth: list[dict[str, Any]]) -> None:
    assert truth
    for entry in truth:
        processed = process((photos / entry["path"]).read_bytes(), ("metadata",))
        metadata = processed.results["metadata"]
        assert isinstance(metadata, Metadata)
        assert processed.errors == {}
        assert _as_exiftool(metadata) == _expected(entry), entry["path"]
        size = entry["ImageWidth"], entry["ImageHeight"]
        turned = entry.get("Orientation", 1) >= 5
        assert (processed.width, processed.height) == (size[::-1] if turned else size)
        _assert_sane(metadata)


def _expected(entry: dict[str, Any]) -> dict[str, Any]:
    taken_at = entry.get("DateTimeOriginal")
    if taken_at:
        taken_at = taken_at.replace(":", "-", 2).replace(" ", "T")
        taken_at += entry.get("OffsetTimeOriginal", "")
    place = [entry.get(f"GPS{name}") for name in ("Latitude", "Longitude", "Altitude")]
    return {
        "make": entry.get("Make"),
        "model": entry.get("Model"),
        "orientation": entry.get("Orientation"),
        "taken_at": taken_at,
        "place": [pytest.approx(value, abs=1e-5) if value else None for value in place],
    }


def _as_exiftool(metadata: Metadata) -> dict[str, Any]:
    gps = metadata.gps
    return {
        "make": metadata.camera_make,
        "model": metadata.camera_model,
        "orientation": metadata.orientation,
        "taken_at": metadata.taken_at,
        "place": [gps.latitude, gps.longitude, gps.altitude] if gps else [None] * 3,
    }


def test_reads_exposure_and_lens(photos: Path) -> None:
    found = process((photos / "iphone_hdr_YES.jpg").read_bytes(), ("metadata",))
    metadata = found.results["metadata"]
    assert isinstance(metadata, Metadata)
    assert metadata.lens_model == "iPhone 6 back camera 4.15mm f/2.2"
    assert metadata.exposure_time == pytest.approx(1 / 40)
    assert metadata.f_number == pytest.approx(2.2)
    assert metadata.focal_length == pytest.approx(4.15)
    assert metadata.iso == 32


@pytest.mark.parametrize("name", ["jpeg", "png", "webp", "tiff", "heic", "avif"])
def test_reads_every_format_that_carries_exif(name: str) -> None:
    metadata = _read(files()[name], ImageFormat(name))
    assert (metadata.camera_make, metadata.camera_model) == ("Maker", "Model 1")
    assert metadata.taken_at == "2024-02-29T12:34:56"
    assert metadata.gps == Gps(10.5, -20.01, None)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
def test_orientation_is_told_as_stored(name: str) -> None:
    data = save(draw(), name, exif=exif_with(6))
    metadata = process(data, ("metadata",)).results["metadata"]
    assert isinstance(metadata, Metadata)
    assert metadata.orientation == 6


@pytest.mark.parametrize("name", ["bmp", "gif", "png alpha"])
def test_a_file_without_exif_has_no_values(name: str) -> None:
    assert _read(files()[name], ImageFormat(name.split(maxsplit=1)[0])) == EMPTY


def test_a_jpeg_that_cannot_have_tags_has_none_for_pillow_either(test_data: Path) -> None:
    without = 0
    for path in test_data.rglob("*.jpg"):
        data = path.read_bytes()
        if not inspect_header(data, ImageFormat.JPEG, ImageLimits()).may_have_tags:
            assert read_exif_with_pillow(data, ImageFormat.JPEG) == {}
            without += 1
    assert without >= 5
    for options in ({"exif": exif_with(6)}, {"xmp": b'<x tiff:Orientation="6"/>'}):
        data = save(draw(), "JPEG", **options)
        assert inspect_header(data, ImageFormat.JPEG, LIMITS).may_have_tags


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"DateTimeOriginal": "2021:04:11 15:47:53"}, "2021-04-11T15:47:53"),
        ({"DateTimeOriginal": b"2021-04-11 15:47:53\x00"}, "2021-04-11T15:47:53"),
        (
            {"DateTimeOriginal": "2021:04:11 15:47:53", "OffsetTimeOriginal": "-05:00"},
            "2021-04-11T15:47:53-05:00",
        ),
        (
            {"DateTimeOriginal": "2021:04:11 15:47:53", "OffsetTimeOriginal": "late"},
            "2021-04-11T15:47:53",
        ),
        (
            {"DateTimeOriginal": "0000:00:00 00:00:00", "DateTimeDigitized": "2020:01:02 03:04:05"},
            "2020-01-02T03:04:05",
        ),
        ({"DateTimeOriginal": "2021:02:30 15:47:53"}, None),
        ({"DateTimeOriginal": "    :  :     :  :  "}, None),
        ({"DateTimeOriginal": 20210411}, None),
        ({"DateTime": "2021:04:11 15:47:53"}, "2021-04-11T15:47:53"),
        ({"DateTime": "2021:04:11 15:47:53", "Software": "Editor 1"}, None),
        (
            {"DateTime": "2021:04:11 15:47:53", "Software": "17.4", "Make": "ACME"},
            "2021-04-11T15:47:53",
        ),
        (
            {"DateTime": "2021:04:11 15:47:53", "OffsetTime": "+02:00"},
            "2021-04-11T15:47:53+02:00",
        ),
        (
            {"GPSDateStamp": "2021:04:11", "GPSTimeStamp": [15, 47, 53.5]},
            "2021-04-11T15:47:53+00:00",
        ),
        ({"GPSDateStamp": "2021:04:11"}, None),
        ({"GPSDateStamp": "2021:04:11", "GPSTimeStamp": [25, 0, 0]}, None),
        ({"DateTimeOriginal": "2021-04-11T15:47:53"}, "2021-04-11T15:47:53"),
        ({"DateTimeOriginal": "2021/04/11 15:47:53"}, "2021-04-11T15:47:53"),
        ({"DateTimeOriginal": "2021-04-11T15:47:53.25Z"}, "2021-04-11T15:47:53+00:00"),
        ({"DateTimeOriginal": "2021:04:11 15:47:53+02:00"}, "2021-04-11T15:47:53+02:00"),
        ({"DateTimeOriginal": "2021:13:11 15:47:53"}, None),
        ({"DateTimeOriginal": "2021:04:11 24:00:00"}, None),
        ({"DateTimeOriginal": "2021-04/11 15:47:53"}, None),
        ({"DateTimeOriginal": "2021:04:11"}, None),
    ],
)
def test_time_is_the_cameras_and_invalid_dates_are_null(
    tags: dict[str, object], expected: str | None
) -> None:
    assert parse_tags(tags).taken_at == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("  Canon EOS\x00garbage", "Canon EOS"),
        (b"PENTAX \xff", "PENTAX"),
        ("x" * 70_000, "x" * MAX_TEXT_CHARS),
        ("\x01\x02", None),
        ("", None),
        (7, None),
        (["a"], None),
    ],
)
def test_text_is_clean_and_bounded(value: object, expected: str | None) -> None:
    assert parse_tags({"Model": value}).camera_model == expected


def test_altitude_below_the_sea_is_negative() -> None:
    place: dict[str, object] = {"GPSLatitude": [31, 30, 0], "GPSLongitude": [35, 30, 0]}
    below: list[object] = [b"\x01", [1], 1]
    for reference in below:
        gps = parse_tags({**place, "GPSAltitude": 430.5, "GPSAltitudeRef": reference}).gps
        assert gps == Gps(31.5, 35.5, -430.5)
    above: list[object] = [b"\x00", [0], 0, None, "x"]
    for reference in above:
        gps = parse_tags({**place, "GPSAltitude": [12], "GPSAltitudeRef": reference}).gps
        assert gps == Gps(31.5, 35.5, 12.0)


@pytest.mark.parametrize(
    ("tags", "iso"),
    [
        ({"PhotographicSensitivity": [200, 0]}, 200),
        ({"PhotographicSensitivity": [65535], "RecommendedExposureIndex": [102400]}, 102400),
        (
            {
                "PhotographicSensitivity": 65535,
                "SensitivityType": 1,
                "StandardOutputSensitivity": 204800,
                "RecommendedExposureIndex": 100,
            },
            204800,
        ),
        (
            {"PhotographicSensitivity": 65535, "SensitivityType": 3, "ISOSpeed": 80000},
            80000,
        ),
        ({"SensitivityType": 2, "RecommendedExposureIndex": 400}, 400),
        ({"PhotographicSensitivity": 65535}, 65535),
        ({"PhotographicSensitivity": [0, 200]}, None),
        ({"PhotographicSensitivity": 100, "RecommendedExposureIndex": 125}, 100),
    ],
)
def test_sensitivity_is_the_first_value_or_that_of_the_tag_for_large_ones(
    tags: dict[str, object], iso: int | None
) -> None:
    assert parse_tags(tags).iso == iso


@pytest.mark.parametrize(
    ("degrees", "letter", "expected"),
    [
        ([-33, -51, -31], "S", -(33 + 51 / 60 + 31 / 3600)),
        ([-33, 51, 31], "S", -(33 + 51 / 60 + 31 / 3600)),
        ([33, 51, 31], "S", -(33 + 51 / 60 + 31 / 3600)),
        ([33, 51, 31], "s", -(33 + 51 / 60 + 31 / 3600)),
        ([33, 51, 31], "South", -(33 + 51 / 60 + 31 / 3600)),
        ([-33, 51, 31], "N", 33 + 51 / 60 + 31 / 3600),
        ([-33, 51, 31], None, -(33 + 51 / 60 + 31 / 3600)),
        ([33.5], "N", 33.5),
        ([33, math.nan, math.nan], "N", 33.0),
    ],
)
def test_the_letter_of_a_coordinate_decides_and_without_one_the_sign(
    degrees: list[float], letter: str | None, expected: float
) -> None:
    tags = {"GPSLatitude": degrees, "GPSLatitudeRef": letter, "GPSLongitude": [151, 0, 0]}
    gps = parse_tags(tags).gps
    assert gps is not None
    assert gps.latitude == pytest.approx(expected)


def test_zeros_are_no_position_but_one_zero_is() -> None:
    none = {"GPSLatitude": [0, 0, 0], "GPSLongitude": [0, 0, 0]}
    assert parse_tags(none).gps is None
    assert parse_tags(none | {"GPSLongitude": [9, 0, 0]}).gps == Gps(0.0, 9.0, None)
    undefined = tiff_block((0x8825, 4, 1, struct.pack("<I", 26)))
    rows = [(1, 2, 2, b"N\0\0\0"), (2, 5, 3, struct.pack("<I", 80))]
    rows += [(3, 2, 2, b"E\0\0\0"), (4, 5, 3, struct.pack("<I", 80))]
    place = struct.pack("<H", 4) + b"".join(struct.pack("<HHI4s", *row) for row in rows)
    assert _read(jpeg_with_exif(undefined + place + bytes(4 + 24))).gps is None


def test_a_height_below_the_ellipsoid_is_negative() -> None:
    place: dict[str, object] = {"GPSLatitude": [31, 30, 0], "GPSLongitude": [35, 30, 0]}
    for reference, altitude in ((1, -12.0), (3, -12.0), (0, 12.0), (2, 12.0)):
        gps = parse_tags({**place, "GPSAltitude": 12, "GPSAltitudeRef": [reference]}).gps
        assert gps == Gps(31.5, 35.5, altitude)


def test_sensitivity_is_in_the_notes_of_a_camera_that_writes_it_nowhere_else(photos: Path) -> None:
    # ExifTool computes 64.84 from the base and the factor of Canon's notes.
    assert _read((photos / "canon-ixus.jpg").read_bytes()).iso == 65


@pytest.mark.parametrize(
    ("settings", "shot", "iso"),
    [
        ([0] * 16 + [18], [0, 0, 0], 200),
        ([0] * 16 + [0x4000 | 640], [0, 0, 0], 640),
        ([0] * 16 + [15], [0, 32, 160], 200),
        ([0] * 16 + [0], [0, 0, 0], None),
        ([0] * 3, [], None),
    ],
)
def test_canon_codes_its_sensitivity(settings: list[int], shot: list[int], iso: int | None) -> None:
    note_at = 8 + 18 + 18
    rows = [
        (1, 3, len(settings), note_at + 30),
        (4, 3, len(shot), note_at + 30 + 2 * len(settings)),
    ]
    note = struct.pack("<H", 2) + b"".join(struct.pack("<HHII", *row) for row in rows) + bytes(4)
    note += struct.pack(f"<{len(settings) + len(shot)}H", *settings, *shot) + bytes(8)
    exif = struct.pack("<HHHII", 1, 0x927C, 7, len(note), note_at) + bytes(4)
    block = tiff_block((0x8769, 4, 1, struct.pack("<I", 26))) + exif + note
    assert _read(jpeg_with_exif(block)).iso == iso


def test_nikon_codes_its_sensitivity() -> None:
    inner = tiff_block((2, 3, 2, struct.pack("<HH", 0, 400)))
    note = b"Nikon\x00\x02\x10\x00\x00" + inner
    exif = struct.pack("<HHHII", 1, 0x927C, 7, len(note), 44) + bytes(4)
    block = tiff_block((0x8769, 4, 1, struct.pack("<I", 26))) + exif + note
    assert _read(jpeg_with_exif(block)).iso == 400


@pytest.mark.parametrize("latitude", [[91, 0, 0], [math.nan], [], None, "north", ["1", "2"]])
def test_a_place_off_the_globe_is_null(latitude: object) -> None:
    assert parse_tags({"GPSLatitude": latitude, "GPSLongitude": [1, 0, 0]}).gps is None


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=6,
)
_NAMES = st.sampled_from(
    [
        *("Make", "Orientation", "DateTimeOriginal", "OffsetTimeOriginal", "ExposureTime"),
        *("FNumber", "PhotographicSensitivity", "FocalLength", "GPSLatitude", "GPSLongitude"),
        *("GPSLatitudeRef", "GPSAltitude", "GPSAltitudeRef"),
    ]
)


@given(st.dictionaries(_NAMES, _ANYTHING))
@settings(deadline=None)
def test_no_value_of_a_tag_breaks_it(tags: dict[str, object]) -> None:
    _assert_sane(parse_tags(tags))


@pytest.mark.slow
@given(st.binary(max_size=400))
@settings(deadline=None, max_examples=50)
def test_no_exif_block_breaks_it(block: bytes) -> None:
    _assert_sane(_read(jpeg_with_exif(b"II*\x00\x08\x00\x00\x00" + block)))


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(0, 3999), st.integers(0, 255)), min_size=1, max_size=12))
@settings(deadline=None)
def test_no_damage_to_an_exif_block_breaks_it(changes: list[tuple[int, int]]) -> None:
    block = bytearray(exif_with(6).removeprefix(b"Exif\x00\x00"))
    for position, value in changes:
        block[position % len(block)] = value
    _assert_sane(_read(jpeg_with_exif(bytes(block))))


def _directory(entry: bytes, count: int) -> bytes:
    return struct.pack("<H", count) + entry * count + b"\x00\x00\x00\x00"


HOSTILE = {
    "loop": tiff_block((0x8769, 4, 1, struct.pack("<I", 8)), link=8),
    "places in places": b"II*\x00\x08\x00\x00\x00"
    + _directory(struct.pack("<HHII", 0x8825, 4, 1, 8), 5000),
    "endless count": tiff_block((271, 2, 0xFFFFFFFF, struct.pack("<I", 8))),
    "many long texts": b"II*\x00\x08\x00\x00\x00"
    + _directory(struct.pack("<HHII", 271, 2, 60_000, 8), 5000),
    "many ratios": b"II*\x00\x08\x00\x00\x00"
    + _directory(struct.pack("<HHII", 0x829A, 5, 999, 8), 5000),
    "zero over zero": tiff_block(
        (0x829A, 5, 1, struct.pack("<I", 38)),
        (0x829D, 5, 1, struct.pack("<I", 38)),
        rest=bytes(8),
    ),
    "past the end": tiff_block((0x829A, 5, 1, struct.pack("<I", 0xFFFFFFF0))),
    "nothing": b"",
    "half a header": b"MM\x00",
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_exif_gives_nulls_and_takes_no_time(name: str) -> None:
    data = jpeg_with_exif(HOSTILE[name])
    started = time.process_time()
    metadata = _read(data)
    assert time.process_time() - started < 2
    assert (metadata.exposure_time, metadata.f_number, metadata.gps) == (None, None, None)
    _assert_sane(metadata)


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_no_camera_note_breaks_it(junk: bytes) -> None:
    read_camera_notes((b"II\x1a\x00\x00\x00HEAPJPGM" + junk, b"[picture info]\r\n" + junk, junk))


def test_a_heap_that_holds_itself_has_an_end() -> None:
    rows = struct.pack("<HII", 0x2804, 1000, 0) * 90
    heap = struct.pack("<H", 90) + rows
    heap = heap.ljust(996, b"\x00") + struct.pack("<I", 0)
    note = b"II\x1a\x00\x00\x00HEAPJPGM".ljust(26, b"\x00") + heap
    started = time.process_time()
    assert read_camera_notes((note,)) == {}
    assert time.process_time() - started < 0.5


def test_a_picture_info_time_out_of_range_is_null() -> None:
    assert read_camera_notes((b"[picture info]\r\nTimeDate=9999999999\r\n",)).keys() <= {
        "DateTimeOriginal"
    }


def test_metadata_alone_decodes_no_pixels() -> None:
    data = save(draw(), "JPEG", exif=exif_with())
    start = data.index(b"\xff\xda") + 14
    damaged = data[:start] + b"\x00" * (len(data) - start - 2) + b"\xff\xd9"
    metadata = process(damaged, ("metadata",)).results["metadata"]
    assert isinstance(metadata, Metadata)
    assert metadata.camera_model == "Model 1"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("DC\xad210", "DC210"),
        ("\u202egpj.exe", "gpj.exe"),
        ("A\u200b\u2066B\ufeff", "AB"),
        ("A\xa0B\u3000C", "A B C"),
        ("\xad\u200b", None),
        ("x" * 1_000_000, "x" * 128),
    ],
)
def test_text_is_what_people_see(written: str, read: str | None) -> None:
    assert parse_tags({"Model": written}).camera_model == read
