"""Odd colours, alpha and compressions through the whole service."""

from pathlib import Path

import pytest

from tests.service import Service

pytestmark = pytest.mark.one_service

FILES = Path(__file__).parents[1] / "faulty_files"
NAMES = (
    *("tiff_compression/jpeg2000.tif", "png_gamma/red-srgb.png", "odd_formats/float-rgb.tif"),
    *("transparency/half-clear.png", "transparency/half-clear.gif", "transparency/half-clear.tif"),
)


async def test_files_that_were_answered_wrongly_are_answered_right(
    working_service: Service,
) -> None:
    files = [(name.rpartition("/")[2], (FILES / name).read_bytes()) for name in NAMES]
    job = await working_service.process(files)
    refused, *items = job["items"]
    assert refused["error"]["code"] == "unsupported_format"
    images = [
        (await working_service.client.get(f"/v1/images/{item['image_id']}")).json()
        for item in items
    ]
    assert {image["status"] for image in images} == {"succeeded"}
    red, colours, *half_clear = (image["histogram"] for image in images)
    assert red["bins"][76] == red["pixels"] == 16 * 16
    mean = sum(level * count for level, count in enumerate(colours["bins"])) / colours["pixels"]
    assert abs(mean - 121) < 3
    assert half_clear[0] == half_clear[1] == half_clear[2]
