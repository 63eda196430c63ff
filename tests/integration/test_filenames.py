"""File names are for people: whatever they hold, no path and no control character gets through."""

import httpx
import pytest
from werkzeug.http import parse_options_header

from api.uploads.part_names import read_parameters
from tests.multipart_bodies import CONTENT_TYPE, body_of, file_part
from tests.pictures import draw
from tests.service import Service

pytestmark = pytest.mark.one_service

PICTURE = draw(16, 16, kind="PNG")
NAMES = {
    "a.jpg": "a.jpg",
    "photos/2026/a.jpg": "a.jpg",
    "../../etc/passwd": "passwd",
    "/": "unnamed",
    "C:\\fakepath\\a.jpg": "a.jpg",
    "..\\..\\a.jpg": "a.jpg",
    "a/b\\c/d.jpg": "d.jpg",
    "a\x00b.jpg": "ab.jpg",
    "a\x1b[31m\x7fb.jpg": "a[31mb.jpg",
    "a\u202egpj.exe": "agpj.exe",
    "Füße und Ärger.jpg": "Füße und Ärger.jpg",
    "фото 📷 写真.jpg": "фото 📷 写真.jpg",
    "semi;colon, comma'quote%.jpg": "semi;colon, comma'quote%.jpg",
    "<script>alert(1)<script>.jpg": "<script>alert(1)<script>.jpg",
    "x" * 296 + ".jpg": "x" * 251 + ".jpg",
    "d/" * 100 + "y" * 300 + ".jpeg": "y" * 250 + ".jpeg",
    "é" * 400: "é" * 255,
    "عکس\u200cها.png": "عکس\u200cها.png",
    "👩\u200d👧.png": "👩\u200d👧.png",
    "写真": "写真",
    "100%41.png": "100%41.png",
    "%22quoted%22.png": '"quoted".png',
}


async def _send(service: Service, *names: str) -> httpx.Response:
    body = body_of(*(file_part(PICTURE, name) for name in names))
    headers = {"Content-Type": CONTENT_TYPE}
    return await service.client.post("/v1/jobs", content=body, headers=headers)


async def test_keeps_last_part_of_each_name_without_control_characters(service: Service) -> None:
    answer = await _send(service, *NAMES)
    assert answer.status_code == 202
    job = answer.json()
    assert [item["filename"] for item in job["items"]] == list(NAMES.values())
    for item in job["items"]:
        image = await service.client.get(f"/v1/images/{item['image_id']}")
        assert image.json()["filename"] == item["filename"]
        content = await service.client.get(f"/v1/images/{item['image_id']}/content")
        assert content.content == PICTURE
        disposition = content.headers["content-disposition"]
        assert disposition.startswith("inline")
        _, options = parse_options_header(disposition)
        assert options["filename"] == item["filename"]
        assert read_parameters(disposition.encode())[1]["filename"] == item["filename"]
        assert disposition.isascii()
        assert disposition.isprintable()


@pytest.mark.parametrize("name", ['a";evil="x.jpg', "a\r\nX-Evil: yes.jpg"])
async def test_name_cannot_break_out_of_its_header(service: Service, name: str) -> None:
    answer = await _send(service, name)
    if answer.status_code == 400:
        assert answer.json()["code"] == "malformed_multipart"
        return
    image_id = answer.json()["items"][0]["image_id"]
    content = await service.client.get(f"/v1/images/{image_id}/content")
    assert "x-evil" not in content.headers
    assert content.headers["content-type"] == "image/png"


async def test_takes_file_that_is_named_in_two_notations(service: Service) -> None:
    body = body_of(file_part(PICTURE, "X")).replace(
        b'filename="X"', b"filename=\"x.jpg\"; filename*=UTF-8''%E5%86%99%E7%9C%9F.jpg"
    )
    headers = {"Content-Type": CONTENT_TYPE}
    answer = await service.client.post("/v1/jobs", content=body, headers=headers)
    assert [item["filename"] for item in answer.json()["items"]] == ["写真.jpg"]
