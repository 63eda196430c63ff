import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.images.formats import SNIFF_BYTES, ImageFormat, sniff_format
from tests.unit.images.drawing import files


def _ftyp(major: bytes, *compatible: bytes) -> bytes:
    brands = major + b"\x00\x00\x00\x00" + b"".join(compatible)
    return (8 + len(brands)).to_bytes(4, "big") + b"ftyp" + brands + b"meta" * 20


@pytest.mark.parametrize("name", sorted(files()))
def test_tells_every_kind_of_file_by_its_first_bytes(name: str) -> None:
    assert sniff_format(files()[name][:SNIFF_BYTES]) == name.split(maxsplit=1)[0]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (_ftyp(b"heic", b"mif1"), ImageFormat.HEIC),
        (_ftyp(b"heix"), ImageFormat.HEIC),
        (_ftyp(b"mif1", b"heic"), ImageFormat.HEIC),
        (_ftyp(b"msf1", b"hevc"), ImageFormat.HEIC),
        (_ftyp(b"mif1", b"miaf", b"avif"), ImageFormat.AVIF),
        (_ftyp(b"avif", b"mif1"), ImageFormat.AVIF),
        (_ftyp(b"avis", b"msf1"), ImageFormat.AVIF),
        (_ftyp(b"isom", b"mp42"), None),
        (_ftyp(b"jp2 ", b"jp2 "), None),
        (_ftyp(b"qt  "), None),
        (b"\x00\x00\x00\x0cjP  \r\n\x87\n", None),
        (b"\x00\x00\x00\x0cJXL \r\n\x87\n", None),
        (b"\xff\x0a\xfa", None),
        (b"\xff\x4f\xff\x51", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"<?xml version='1.0'?><svg/>", None),
        (b"%PDF-1.7", None),
        (b"BM, said the cat, is no picture", None),
        (b"RIFF\x00\x00\x00\x00WAVE", None),
        (b"", None),
    ],
)
def test_knows_brands_and_refuses_what_it_cannot_decode(
    head: bytes, expected: ImageFormat | None
) -> None:
    assert sniff_format(head) is expected


def test_brands_after_the_box_do_not_count() -> None:
    assert sniff_format(_ftyp(b"mif1", b"heic")[:20] + b"avif" * 8) is ImageFormat.HEIC


@given(st.binary(max_size=80))
def test_any_bytes_have_an_answer(head: bytes) -> None:
    assert sniff_format(head) in {None, *ImageFormat}


def test_every_format_has_a_media_type_and_a_suffix() -> None:
    assert ImageFormat.JPEG.media_type == "image/jpeg"
    assert {image_format.suffix[0] for image_format in ImageFormat} == {"."}


def test_light_modules_load_no_decoder() -> None:
    program = (
        "import sys, domain.images, domain.images.formats, domain.images.operations,"
        "domain.images.values, domain.plots.histogram;"
        "sys.exit(any(name in sys.modules for name in ('cv2', 'numpy', 'PIL', 'exifread')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
