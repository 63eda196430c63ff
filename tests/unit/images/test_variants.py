import cv2
import numpy as np
import pytest

from api.images.rendering import RenderJob, render
from domain.errors.files import CorruptImage, TooManyPixels
from domain.images.formats import ImageFormat
from domain.images.opencv import Pixels
from domain.images.render_variant import Rendered, Variant, draw_boxes, render_variant
from domain.limits import ImageLimits
from tests.unit.images.drawing import LIMITS, draw, exif_with, files, gray_of, save


def _render(name: str, variant: Variant, boxes: list[list[int]] | None = None) -> Rendered:
    image_format = ImageFormat(name.split(maxsplit=1)[0])
    return render_variant(files()[name], image_format, variant, boxes or [], LIMITS)


def _decode(rendered: Rendered, flags: int) -> Pixels:
    pixels = cv2.imdecode(np.frombuffer(rendered.content, np.uint8), flags)
    assert pixels is not None
    return pixels.astype(np.uint8)


@pytest.mark.parametrize("name", sorted(files()))
def test_grayscale_is_lossless(name: str) -> None:
    rendered = _render(name, Variant.GRAYSCALE)
    assert rendered.media_type == "image/png"
    assert rendered.content.startswith(b"\x89PNG")
    expected = gray_of(files()[name], ImageFormat(name.split(maxsplit=1)[0]))
    assert np.array_equal(_decode(rendered, cv2.IMREAD_UNCHANGED), expected)


@pytest.mark.parametrize("name", ["jpeg", "png alpha", "heic", "gif"])
def test_boxes_are_drawn_where_the_faces_are(name: str) -> None:
    plain = _decode(_render(name, Variant.FACES), cv2.IMREAD_COLOR)
    rendered = _render(name, Variant.FACES, [[50, 40, 60, 50]])
    assert rendered.media_type == "image/jpeg"
    marked = _decode(rendered, cv2.IMREAD_COLOR)
    assert marked.shape == (120, 160, 3)
    change = np.abs(marked.astype(int) - plain.astype(int)).max(axis=-1)
    assert change[40:90, 50].min() > 30
    assert change[50:80, 65:95].max() < 40
    assert change[:30].max() < 40


def test_drawing_leaves_the_picture_alone() -> None:
    color = np.asarray(draw()).copy()
    before = color.copy()
    draw_boxes(color, [[10, 10, 40, 40]])
    assert np.array_equal(color, before)


def test_boxes_at_and_over_the_edge_can_be_drawn() -> None:
    draw_boxes(np.asarray(draw()), [[0, 0, 160, 120], [150, 110, 400, 400], [-5, -5, 20, 20]])


def test_variants_are_upright_and_carry_no_metadata() -> None:
    data = save(draw(), "JPEG", exif=exif_with(6))
    for variant in ("grayscale", "faces", "thumbnail"):
        drawn = render(RenderJob(variant, data, ImageFormat.JPEG, [], LIMITS))
        rendered = Rendered(drawn.data, drawn.media_type)
        assert _decode(rendered, cv2.IMREAD_COLOR).shape == (160, 120, 3)
        assert b"Maker" not in rendered.content


def test_a_thumbnail_can_be_made_on_request() -> None:
    rendered = render(RenderJob("thumbnail", files()["png"], ImageFormat.PNG, [], LIMITS))
    assert rendered.media_type == "image/webp"
    assert rendered.data[8:12] == b"WEBP"


def test_limits_hold_for_variants_too() -> None:
    with pytest.raises(TooManyPixels):
        render_variant(
            files()["png"], ImageFormat.PNG, Variant.FACES, [], ImageLimits(max_pixels=99)
        )
    with pytest.raises(CorruptImage):
        render_variant(files()["jpeg"][:999], ImageFormat.JPEG, Variant.GRAYSCALE, [], LIMITS)
