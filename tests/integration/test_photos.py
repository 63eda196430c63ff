"""Real photos through the HTTP API: what exiftool reads, what OpenCV counts, the right way up."""

import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import cv2
import numpy as np
import pillow_heif
import pytest
import pytest_asyncio
from PIL import Image

from deploy.servers.embedded import EmbeddedServers
from tests.service import Service, environment, find_test_data, running_service

pytestmark = pytest.mark.one_service

PORTRAITS = [f"orientation/portrait_{number}.jpg" for number in range(1, 9)]


class Album:
    """All photos, processed by one job."""

    def __init__(
        self, service: Service, truth: list[dict[str, Any]], images: dict[str, dict[str, Any]]
    ) -> None:
        self.service = service
        self.truth = truth
        self.images = images

    async def picture(self, path: str, variant: str) -> np.ndarray:
        """Fetch a variant as gray pixels."""
        image_id = self.images[path]["id"]
        url = f"/v1/images/{image_id}/content?variant={variant}"
        answer = await self.service.client.get(url)
        assert answer.status_code == 200, answer.text
        return np.asarray(Image.open(io.BytesIO(answer.content)).convert("L"), dtype=int)


@pytest_asyncio.fixture(scope="module")
async def album(servers: EmbeddedServers) -> AsyncIterator[Album]:
    photos = find_test_data() / "photos"
    truth = json.loads((photos / "exiftool.json").read_text())
    environ = environment(servers, f"test_{uuid4().hex[:12]}", worker_children=2)
    async with running_service(environ, prepare=True) as service, service.working():
        job = await service.process([(e["path"], (photos / e["path"]).read_bytes()) for e in truth])
        assert job["status"] == "succeeded", [i for i in job["items"] if i["error"]]
        images = {}
        for entry, item in zip(truth, job["items"], strict=True):
            answer = await service.client.get(f"/v1/images/{item['image_id']}")
            images[entry["path"]] = answer.json()
        yield Album(service, truth, images)
        await service.stores.client.drop_database(environ["MINILAB_MONGODB_DATABASE"])


async def test_every_photo_is_processed_whole(album: Album) -> None:
    assert len(album.images) == len(album.truth) > 30
    for path, image in album.images.items():
        assert image["filename"] == Path(path).name
        assert {op["status"] for op in image["operations"].values()} == {"succeeded"}, path
        assert image["error"] is None


async def test_format_and_size_agree_with_exiftool(album: Album) -> None:
    for entry in album.truth:
        image = album.images[entry["path"]]
        assert image["format"] == entry["FileType"].lower(), entry["path"]
        size = (entry["ImageWidth"], entry["ImageHeight"])
        upright = size[::-1] if entry.get("Orientation", 1) >= 5 else size
        assert (image["width"], image["height"]) == upright, entry["path"]


async def test_camera_time_and_orientation_agree_with_exiftool(album: Album) -> None:
    for entry in album.truth:
        metadata = album.images[entry["path"]]["metadata"]
        assert metadata["camera_make"] == entry.get("Make"), entry["path"]
        assert metadata["camera_model"] == entry.get("Model"), entry["path"]
        assert metadata["orientation"] == entry.get("Orientation"), entry["path"]
        taken_at = entry.get("DateTimeOriginal")
        if taken_at is not None:
            date, time = taken_at.split()
            taken_at = f"{date.replace(':', '-')}T{time}{entry.get('OffsetTimeOriginal', '')}"
        assert metadata["taken_at"] == taken_at, entry["path"]


async def test_place_agrees_with_exiftool(album: Album) -> None:
    placed = 0
    for entry in album.truth:
        gps = album.images[entry["path"]]["metadata"]["gps"]
        if "GPSLatitude" not in entry:
            assert gps is None, entry["path"]
            continue
        placed += 1
        assert gps["latitude"] == pytest.approx(entry["GPSLatitude"], abs=1e-5)
        assert gps["longitude"] == pytest.approx(entry["GPSLongitude"], abs=1e-5)
        if "GPSAltitude" in entry:
            assert gps["altitude"] == pytest.approx(entry["GPSAltitude"], abs=1e-3)
        else:
            assert gps["altitude"] is None
    assert placed >= 5


async def test_histogram_is_what_a_plain_recount_gives(album: Album) -> None:
    photos = find_test_data() / "photos"
    pillow_heif.register_heif_opener()
    for path, image in album.images.items():
        content = (photos / path).read_bytes()
        if image["format"] == "heic":
            gray = np.asarray(Image.open(io.BytesIO(content)).convert("L"))
        else:
            decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE)
            assert decoded is not None
            gray = decoded
        counts = np.bincount(gray.ravel(), minlength=256).tolist()
        assert image["histogram"]["bins"] == counts, path
        assert image["histogram"]["pixels"] == image["width"] * image["height"] == sum(counts)


@pytest.mark.parametrize("variant", ["grayscale", "thumbnail", "faces"])
async def test_pictures_of_all_eight_orientations_stand_upright(album: Album, variant: str) -> None:
    upright = await album.picture(PORTRAITS[0], variant)
    for path in PORTRAITS[1:]:
        picture = await album.picture(path, variant)
        assert picture.shape == upright.shape, path
        difference = picture - upright
        # The files show one scene, seven of them a shade brighter and labelled with a number.
        apart = np.abs(difference - np.median(difference)).mean()
        others = (picture[::-1, ::-1], picture[:, ::-1], picture[::-1])
        assert apart < 8, path
        assert apart < min(np.abs(other - upright).mean() for other in others) / 5, path


async def test_same_scene_in_eight_orientations_has_nearly_one_fingerprint(album: Album) -> None:
    prints = [int(album.images[path]["fingerprint"], 16) for path in PORTRAITS]
    assert max((prints[0] ^ other).bit_count() for other in prints) <= 6


async def test_cameras_are_found_by_their_model(album: Album) -> None:
    answer = await album.service.client.get("/v1/images?camera=iPhone%206")
    assert [image["filename"] for image in answer.json()["items"]] == ["iphone_hdr_YES.jpg"]
    answer = await album.service.client.get("/v1/images?camera=COOLPIX%20P6000&limit=1")
    assert len(answer.json()["items"]) == 1
    assert "next_cursor" in answer.json()
