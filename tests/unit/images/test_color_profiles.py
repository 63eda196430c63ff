"""Rendered pictures are in sRGB; gray stays on the stored values."""

import io
import struct
import time
import zlib

import numpy as np
import pytest
import pyvips
from PIL import Image, ImageCms

from domain.images.formats import ImageFormat, sniff_format
from domain.images.opencv import Pixels
from domain.images.render_variant import Variant, render_variant
from domain.images.values import ImageWarning, ProcessedImage, Thumbnail
from tests.unit.images.drawing import GENEROUS, chunk, draw, exif_with, files, process, save
from tests.unit.images.matrix import profile_bytes

FLAT = (200, 90, 60)
BROKEN = b"\x00\x00\x02\x00not a profile" * 20
DISPLAY_P3 = (0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.3290)


def _flat(color: tuple[int, ...] = FLAT, mode: str = "RGB") -> Image.Image:
    return Image.new(mode, (64, 48), color if len(color) > 1 else color[0])


def _thumbnail(data: bytes) -> tuple[Pixels, ProcessedImage]:
    processed = process(data, ("histogram", "thumbnail"))
    thumbnail = processed.results["thumbnail"]
    assert isinstance(thumbnail, Thumbnail)
    return np.asarray(Image.open(io.BytesIO(thumbnail.content)).convert("RGB")), processed


def _color(data: bytes) -> np.ndarray:
    """Return the colour in the middle of the thumbnail, of a file without faults."""
    pixels, processed = _thumbnail(data)
    assert processed.warnings == ()
    return np.asarray(pixels[24, 32], int)


def _by_libvips(color: tuple[int, ...], profile: bytes, kind: str = "rgb") -> np.ndarray:
    patch = np.full((8, 8, len(color)), color, np.uint8)
    image = pyvips.Image.new_from_array(patch, interpretation=kind).copy()
    image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    converted = image.icc_transform("srgb", embedded=True, intent="relative", depth=8)
    return np.asarray(converted.numpy())[0, 0, :3].astype(int)


def _png(*chunks: bytes) -> bytes:
    data = save(_flat(), "PNG")
    return data[:33] + b"".join(chunks) + data[33:]


def _gray_profile(gamma: float) -> bytes:
    curve = b"curv" + bytes(4) + struct.pack(">IHH", 1, round(gamma * 256), 0)
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    table = struct.pack(">I4sII4sII", 2, b"kTRC", 156, 14, b"wtpt", 172, 20)
    body = table + curve.ljust(16, b"\x00") + white
    head = struct.pack(">I4xI4s4s4s", 128 + len(body), 0x02400000, b"mntr", b"GRAY", b"XYZ ")
    head = head.ljust(36, b"\x00") + b"acsp"
    head = head.ljust(68, b"\x00") + white[8:]
    return head.ljust(128, b"\x00") + body


def test_a_picture_for_print_is_converted_by_its_profile() -> None:
    inks, profile = (30, 160, 200, 20), profile_bytes("cmyk")
    assert profile is not None
    expected = _by_libvips(inks, profile, "cmyk")
    for name, options in (("JPEG", {"quality": 98}), ("TIFF", {})):
        data = save(_flat(inks, "CMYK"), name, icc_profile=profile, **options)
        assert np.abs(_color(data) - expected).max() <= 5, name
        plain = save(_flat(inks, "CMYK"), name, **options)
        assert np.abs(_color(plain) - [207, 87, 51]).max() <= 5, name


@pytest.mark.parametrize("name", ["JPEG", "PNG", "TIFF"])
@pytest.mark.parametrize("mode", ["L", "LA"])
def test_gray_has_a_profile_of_its_own(name: str, mode: str) -> None:
    if (name, mode) == ("JPEG", "LA"):
        return
    picture = _flat((120,), "L").convert(mode)
    data = save(picture, name, icc_profile=_gray_profile(1.0))
    linear = 120 / 255
    expected = round(255 * (1.055 * linear ** (1 / 2.4) - 0.055))
    assert np.abs(_color(data) - expected).max() <= 2


def test_a_profile_changes_no_gray() -> None:
    for name in ("JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"):
        plain, tagged = save(draw(), name), save(draw(), name, icc_profile=profile_bytes("p3"))
        for operation in ("histogram", "fingerprint", "faces"):
            assert process(plain, (operation,)).results == process(tagged, (operation,)).results, (
                name
            )


def test_faces_are_drawn_on_converted_colours() -> None:
    data = save(_flat(), "JPEG", quality=98, icc_profile=profile_bytes("p3"))
    drawn = render_variant(data, ImageFormat.JPEG, Variant.FACES, [], GENEROUS)
    shown = np.asarray(Image.open(io.BytesIO(drawn.content)))
    assert np.abs(shown[24, 32] - _color(data)).max() <= 3
    assert np.abs(shown[24, 32].astype(int) - FLAT).max() > 10


@pytest.mark.parametrize(
    "profile", [BROKEN, b"", profile_bytes("cmyk")], ids=["broken", "empty", "for CMYK"]
)
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_profile_that_cannot_be_used_is_ignored_with_a_warning(name: str, profile: bytes) -> None:
    if not profile and name != "PNG":
        return
    packed = chunk(b"iCCP", b"x\x00\x00" + zlib.compress(profile))
    data = save(_flat(), name, icc_profile=profile) if name != "PNG" else _png(packed)
    pixels, processed = _thumbnail(data)
    assert processed.warnings == (ImageWarning.PROFILE_IGNORED,)
    assert np.abs(pixels[24, 32].astype(int) - FLAT).max() <= 4
    assert process(data, ("histogram",)).warnings == ()


def test_a_jpeg_may_lack_a_part_of_its_profile() -> None:
    part = b"ICC_PROFILE\x00\x01\x02" + BROKEN
    segment = b"\xff\xe2" + struct.pack(">H", len(part) + 2) + part
    data = save(_flat(), "JPEG")
    assert _thumbnail(data[:2] + segment + data[2:])[1].warnings == (ImageWarning.PROFILE_IGNORED,)


def test_a_long_profile_of_a_jpeg_is_joined() -> None:
    profile = profile_bytes("p3")
    assert profile is not None
    padded = struct.pack(">I", 200_000) + profile[4:] + bytes(200_000 - len(profile))
    data = save(_flat(), "JPEG", quality=98, icc_profile=padded)
    assert np.abs(_color(data) - _by_libvips(FLAT, profile)).max() <= 5


@pytest.mark.slow
def test_a_bomb_of_a_profile_is_not_unpacked() -> None:
    bomb = chunk(b"iCCP", b"x\x00\x00" + zlib.compress(bytes(100_000_000), 9))
    started = time.process_time()
    assert _thumbnail(_png(bomb))[1].warnings == (ImageWarning.PROFILE_IGNORED,)
    assert time.process_time() - started < 5


def test_a_profile_for_srgb_converts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    profile = profile_bytes("srgb")
    assert profile is not None
    process(save(_flat(), "PNG", icc_profile=profile), ("thumbnail",))

    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(ImageCms.ImageCmsTransform, "apply", refuse)
    plain = process(files()["jpeg"], ("thumbnail",)).results
    tagged = save(draw(), "JPEG", exif=exif_with(), icc_profile=profile)
    assert process(tagged, ("thumbnail",)).results == plain


def test_numbers_in_a_png_stand_for_a_profile() -> None:
    profile = profile_bytes("p3")
    assert profile is not None
    p3 = _by_libvips(FLAT, profile)
    code = chunk(b"cICP", bytes((12, 13, 0, 1)))
    assert np.abs(_color(_png(code)) - p3).max() <= 4
    packed = chunk(b"iCCP", b"x\x00\x00" + zlib.compress(profile))
    assert np.abs(_color(_png(chunk(b"cICP", bytes((1, 13, 0, 1))), packed)) - FLAT).max() <= 4
    values = [round(value * 100_000) for value in (*DISPLAY_P3[6:], *DISPLAY_P3[:6])]
    primaries = chunk(b"cHRM", struct.pack(">8I", *values))
    gamma = chunk(b"gAMA", struct.pack(">I", 45455))
    assert np.abs(_color(_png(gamma, primaries)) - p3).max() <= 6
    for ignored in ((gamma,), (primaries,), (chunk(b"sRGB", b"\x00"), gamma, primaries)):
        assert np.abs(_color(_png(*ignored)) - FLAT).max() <= 4
    linear = chunk(b"gAMA", struct.pack(">I", 100_000))
    assert np.abs(_color(_png(linear)) - FLAT).max() <= 4


@pytest.mark.parametrize("primaries", [bytes(32), b"\xff" * 32, struct.pack(">8I", *[1] * 8)])
def test_primaries_that_make_no_colours_are_ignored(primaries: bytes) -> None:
    data = _png(chunk(b"gAMA", struct.pack(">I", 45455)), chunk(b"cHRM", primaries))
    pixels, processed = _thumbnail(data)
    assert processed.errors == {}
    assert processed.warnings == (ImageWarning.PROFILE_IGNORED,)
    assert np.abs(pixels[24, 32].astype(int) - FLAT).max() <= 4


@pytest.mark.parametrize("name", ["HEIF", "AVIF"])
@pytest.mark.parametrize(("code", "named"), [((12, 13), "p3"), ((1, 13), "srgb"), ((2, 2), "srgb")])
def test_numbers_in_heic_and_avif_stand_for_a_profile(
    name: str, code: tuple[int, int], named: str
) -> None:
    quality = {"quality": -1, "chroma": 444} if name == "HEIF" else {"quality": 100}
    data = bytearray(save(_flat(), name, **quality))
    at = data.index(b"colrnclx") + 8
    data[at : at + 4] = struct.pack(">HH", *code)
    profile = profile_bytes(named)
    assert profile is not None
    assert sniff_format(bytes(data)) in {ImageFormat.HEIC, ImageFormat.AVIF}
    assert np.abs(_color(bytes(data)) - _by_libvips(FLAT, profile)).max() <= 5


@pytest.mark.parametrize(("transfer", "white"), [(16, 0.5807), (18, 0.75)])
def test_reference_white_of_high_dynamic_range_is_white(transfer: int, white: float) -> None:
    data = save(Image.new("RGB", (64, 48), (round(white * 255),) * 3), "PNG")
    code = chunk(b"cICP", bytes((9, transfer, 0, 1)))
    assert _color(data[:33] + code + data[33:]).min() >= 250
    darker = save(Image.new("RGB", (64, 48), (round(white * 120),) * 3), "PNG")
    assert 20 < _color(darker[:33] + code + darker[33:]).mean() < 200
