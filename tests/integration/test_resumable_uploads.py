"""Resumable uploads: tus 1.0 step by step, and the jobs that use them."""

import pytest

from tests.pictures import draw
from tests.resumable import ROUTE, Tus
from tests.service import Service

pytestmark = pytest.mark.one_service

CHUNK = 255 * 1024
LARGE = bytes(range(256)) * 12_000  # 3 MB, twelve chunks and a rest.
PNG = draw(kind="PNG")


async def stored_bytes(service: Service, upload_id: str) -> bytes:
    """Read the chunks of an upload."""
    found = await service.stores.database["resumable_uploads"].find_one({"_id": upload_id})
    assert found is not None
    chunks = service.stores.database["blobs.chunks"].find({"files_id": found["file_id"]})
    return b"".join([chunk["data"] async for chunk in chunks.sort("n", 1)])


async def test_options_describe_the_service_without_a_key(service: Service) -> None:
    answer = await service.client.options(ROUTE, headers={"Authorization": ""})
    assert answer.status_code == 204
    told = {name: value for name, value in answer.headers.items() if name.startswith("tus-")}
    assert told == {
        "tus-resumable": "1.0.0",
        "tus-version": "1.0.0",
        "tus-extension": "creation,creation-with-upload,checksum,expiration,termination",
        "tus-max-size": str(64 * 1024 * 1024),
        "tus-checksum-algorithm": "md5,sha1,sha256",
    }


async def test_upload_in_pieces_becomes_an_image_of_a_job(service: Service) -> None:
    tus = Tus(service.client)
    content = PNG + LARGE
    created = await tus.create(len(content), "sommer.png")
    assert created.status_code == 201
    path = created.headers["Location"]
    assert created.headers["Upload-Offset"] == "0"
    sizes = [1, 63, CHUNK, 2 * CHUNK + 7, len(content)]
    offset = 0
    for size in sizes:
        piece = content[offset : offset + size]
        answer = await tus.patch(path, offset, piece)
        assert answer.status_code == 204, answer.text
        offset += len(piece)
        assert answer.headers["Upload-Offset"] == str(offset) == str(await tus.offset(path))
    upload_id = path.rsplit("/", 1)[-1]
    assert await stored_bytes(service, upload_id) == content
    answer = await service.client.post("/v1/jobs", json={"uploads": [upload_id]})
    assert answer.status_code == 202, answer.text
    (item,) = answer.json()["items"]
    assert (item["filename"], item["error"]) == ("sommer.png", None)
    got = await service.client.get(f"/v1/images/{item['image_id']}/content")
    assert got.content == content
