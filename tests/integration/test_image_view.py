"""The document of an image: every field, null where the file or the job has nothing."""

from typing import Any

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from domain.images.operations import VERSIONS
from tests.pictures import draw
from tests.service import Service

pytestmark = pytest.mark.one_service

FIELDS = {
    "id", "user_id", "link_id", "job_id", "filename", "format", "media_type", "bytes", "width",
    "height", "uploaded_at", "status", "duplicate_of", "error", "expires_at", "metadata",
    "histogram", "faces", "fingerprint", "labels", "quality", "embedding", "operations", "gps",
    "warnings", "external_id", "tags", "attributes", "predictions",
}  # fmt: skip
METADATA = {
    "camera_make", "camera_model", "lens_model", "taken_at", "orientation", "exposure_time",
    "f_number", "iso", "focal_length", "gps",
}  # fmt: skip
OPERATIONS = ["metadata", "histogram", "faces", "fingerprint", "thumbnail"]


def exif_of_a_photo() -> bytes:
    exif = Image.Exif()
    exif[271], exif[272], exif[274] = "Maker", "Model 1", 6
    exif.get_ifd(0x8769).update(
        {
            0x9003: "2026:02:28 12:34:56",
            0x829A: IFDRational(1, 100),
            0x829D: IFDRational(28, 10),
            0x8827: 200,
            0x920A: IFDRational(35, 1),
        }
    )
    exif.get_ifd(0x8825).update({1: "S", 2: (10.0, 30.0, 0.0), 3: "E", 4: (20.0, 0.0, 36.0)})
    return exif.tobytes()


async def _image(service: Service, image_id: str) -> dict[str, Any]:
    answer = await service.client.get(f"/v1/images/{image_id}")
    assert answer.status_code == 200
    image: dict[str, Any] = answer.json()
    assert image.keys() == FIELDS
    return image


async def test_image_without_metadata_says_null_everywhere(working_service: Service) -> None:
    content = draw(70, 50, kind="PNG")
    job = await working_service.process([("a.png", content)], user_id="u1")
    image = await _image(working_service, job["items"][0]["image_id"])
    assert (image["user_id"], image["job_id"]) == ("u1", job["id"])
    assert (image["filename"], image["format"], image["media_type"]) == (
        "a.png",
        "png",
        "image/png",
    )
    assert (image["bytes"], image["width"], image["height"]) == (len(content), 70, 50)
    assert (image["status"], image["error"], image["duplicate_of"]) == ("succeeded", None, None)
    assert image["metadata"] == dict.fromkeys(METADATA)
    assert image["faces"] == []
    assert image["predictions"] == image["labels"] == {}
    assert image["histogram"]["pixels"] == sum(image["histogram"]["bins"]) == 70 * 50
    assert len(image["fingerprint"]) == 16
    assert int(image["fingerprint"], 16) >= 0
    assert list(image["operations"]) == OPERATIONS
    for name, operation in image["operations"].items():
        assert operation == {"status": "succeeded", "version": VERSIONS[name], "error": None}


async def test_image_carries_what_its_file_carries(working_service: Service) -> None:
    content = draw(70, 50, exif=exif_of_a_photo())
    job = await working_service.process([("photo.jpg", content)])
    image = await _image(working_service, job["items"][0]["image_id"])
    assert (image["width"], image["height"]) == (50, 70)
    assert image["metadata"] == {
        "camera_make": "Maker",
        "camera_model": "Model 1",
        "lens_model": None,
        "taken_at": "2026-02-28T12:34:56",
        "orientation": 6,
        "exposure_time": pytest.approx(0.01),
        "f_number": pytest.approx(2.8),
        "iso": 200,
        "focal_length": pytest.approx(35),
        "gps": {
            "latitude": pytest.approx(-10.5),
            "longitude": pytest.approx(20.01),
            "altitude": None,
        },
    }


async def test_queued_image_has_no_results_yet(service: Service) -> None:
    job = (await service.send([("a.png", draw())])).json()
    image = await _image(service, job["items"][0]["image_id"])
    assert image["status"] == "queued"
    for field in ("width", "height", "error", "metadata", "histogram", "faces", "fingerprint"):
        assert image[field] is None
    assert image["predictions"] == image["labels"] == {}
    for operation in image["operations"].values():
        assert operation == {"status": "queued", "version": None, "error": None}


async def test_image_shows_only_what_its_job_asked_for(working_service: Service) -> None:
    content = draw()
    everything = await working_service.process([("a.jpg", content)])
    job = await working_service.process([("a.jpg", content)], operations=" Faces,faces, METADATA")
    assert job["operations"] == ["metadata", "faces"]
    assert everything["operations"] == OPERATIONS
    image = await _image(working_service, job["items"][0]["image_id"])
    assert list(image["operations"]) == ["metadata", "faces"]
    assert image["metadata"] is not None
    assert image["faces"] == []
    assert image["histogram"] is image["fingerprint"] is None
    histogram = await working_service.client.get(f"/v1/images/{image['id']}/histogram")
    assert histogram.status_code == 404
