"""The generated Python client against the running service."""

import asyncio
import hashlib
import os
import sys
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest
from httpx import Timeout

from minilab_client import AuthenticatedClient, Client
from minilab_client.api.api_keys import create_api_key
from minilab_client.api.images import delete_image, get_image, get_image_content, list_images
from minilab_client.api.jobs import create_job, detect_faces, get_job, list_jobs
from minilab_client.api.service import get_capabilities, get_readiness
from minilab_client.api.statistics import get_statistics
from minilab_client.api.upload_links import create_upload_link
from minilab_client.api.uploads_through_links import create_link_upload
from minilab_client.models import (
    ApiKeyRequest,
    Capabilities,
    CreatedApiKey,
    CreatedUploadLink,
    CreateJobBody,
    CreateLinkUploadBody,
    DetectFacesBody,
    Faces,
    GpsPolicy,
    Image,
    ImageVariant,
    Job,
    JobSummaryPage,
    KeyRole,
    ListedImagePage,
    Problem,
    Readiness,
    Statistics,
    Status,
    UploadLinkRequest,
)
from minilab_client.types import File
from tests.command_line import environment_of
from tests.markdown import example
from tests.pictures import draw
from tests.service import ADMIN_KEY, REPOSITORY, Service


@pytest.fixture
async def client(working_service: Service) -> AsyncIterator[AuthenticatedClient]:
    """A client with an admin key."""
    url = str(working_service.client.base_url)
    async with AuthenticatedClient(base_url=url, token=ADMIN_KEY, timeout=Timeout(60)) as made:
        yield made


async def upload(
    client: AuthenticatedClient, *contents: bytes, gps: GpsPolicy = GpsPolicy.KEEP
) -> Job:
    """Upload files and wait for the end of their job."""
    files = [File(BytesIO(content), f"{number}.jpg") for number, content in enumerate(contents)]
    body = CreateJobBody(files=files, gps=gps, user_id="u1")
    job = await create_job.asyncio(client=client, body=body, prefer="wait=30")
    while isinstance(job, Job) and job.finished_at is None:
        job = await get_job.asyncio(job.id, client=client, prefer="wait=30")
    assert isinstance(job, Job)
    return job


async def test_example_of_its_guide_prints_the_face(
    working_service: Service, tmp_path: Path, test_data: Path
) -> None:
    portrait = (test_data / "lfw" / "Aaron_Eckhart_0001.jpg").read_bytes()
    (tmp_path / "portrait.jpg").write_bytes(portrait)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", example(REPOSITORY / "sdk/python/README.md", "python")),
        cwd=tmp_path,
        env=os.environ
        | environment_of(working_service)
        | {"PYTHONPATH": str(REPOSITORY / "sdk/python")},
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    assert printed.decode() == "portrait.jpg 250 250 [[67, 66, 118, 118]]\n"


async def test_upload_is_followed_read_listed_and_deleted(client: AuthenticatedClient) -> None:
    job = await upload(client, draw(seed=1), b"no picture", gps=GpsPolicy.STRIP)
    assert job.status is Status.PARTIAL
    good, bad = job.items
    assert bad.error is not None
    assert bad.error.code == "unsupported_format"
    assert good.image_id is not None
    image = await get_image.asyncio(good.image_id, client=client)
    assert isinstance(image, Image)
    assert (image.user_id, image.gps, image.width) == ("u1", GpsPolicy.STRIP, 64)
    assert image.histogram is not None
    assert sum(image.histogram.bins) == image.histogram.pixels
    assert image.uploaded_at.tzinfo is not None
    images = await list_images.asyncio(client=client, user_id="u1")
    assert isinstance(images, ListedImagePage)
    assert [listed.id for listed in images.items] == [image.id]
    gone = await delete_image.asyncio_detailed(image.id, client=client)
    assert gone.status_code == 204
    absent = await get_image.asyncio(image.id, client=client)
    assert isinstance(absent, Problem)
    assert absent.code == "not_found"


async def test_picture_arrives_and_comes_back_to_the_byte(client: AuthenticatedClient) -> None:
    """A file that holds what some clients part files by is a file like any other."""
    sent = draw() + b"\r\n--+++\r\nContent-Disposition: form-data\r\n\r\n--+++--\r\n"
    (item,) = (await upload(client, sent)).items
    assert item.image_id is not None
    back = await get_image_content.asyncio(item.image_id, client=client)
    assert isinstance(back, File)
    assert hashlib.sha256(back.payload.read()).digest() == hashlib.sha256(sent).digest()
    small = await get_image_content.asyncio(
        item.image_id, client=client, variant=ImageVariant.THUMBNAIL
    )
    assert isinstance(small, File)
    assert small.payload.read(4) == b"RIFF"


async def test_job_that_did_not_change_is_not_sent_again(client: AuthenticatedClient) -> None:
    job = await upload(client, draw())
    first = await get_job.asyncio_detailed(job.id, client=client)
    again = await get_job.asyncio_detailed(
        job.id, client=client, if_none_match=first.headers["ETag"]
    )
    assert (again.status_code, again.content) == (304, b"")


async def test_faces_are_found(client: AuthenticatedClient, test_data: Path) -> None:
    with (test_data / "lfw" / "Aaron_Eckhart_0001.jpg").open("rb") as portrait:
        body = DetectFacesBody(files=[File(portrait, "portrait.jpg")])
        found = await detect_faces.asyncio(client=client, body=body, prefer="wait=30")
    assert isinstance(found, Faces)
    assert [file.faces for file in found.results] == [[[67, 66, 118, 118]]]


async def test_link_and_key_that_are_made_can_be_used(client: AuthenticatedClient) -> None:
    url = str(client.get_async_httpx_client().base_url)
    link = await create_upload_link.asyncio(
        client=client, body=UploadLinkRequest(expires_in=60, max_files=1)
    )
    assert isinstance(link, CreatedUploadLink)
    guest = AuthenticatedClient(base_url=url, token=link.token)
    upload_body = CreateLinkUploadBody(files=[File(BytesIO(draw()), "guest.jpg")])
    async with guest:
        taken = await create_link_upload.asyncio_detailed(client=guest, body=upload_body)
        assert taken.status_code == 202
    key = await create_api_key.asyncio(
        client=client, body=ApiKeyRequest(role=KeyRole.CLIENT, user_id="u7")
    )
    assert isinstance(key, CreatedApiKey)
    async with AuthenticatedClient(base_url=url, token=key.key) as app:
        jobs = await list_jobs.asyncio(client=app)
        assert isinstance(jobs, JobSummaryPage)
        assert jobs.items == []


async def test_what_the_service_is_can_be_read(
    working_service: Service, client: AuthenticatedClient
) -> None:
    async with Client(base_url=str(working_service.client.base_url)) as anybody:
        readiness = await get_readiness.asyncio(client=anybody)
    assert isinstance(readiness, Readiness)
    capabilities = await get_capabilities.asyncio(client=client)
    assert isinstance(capabilities, Capabilities)
    assert "jpeg" in {known.format_ for known in capabilities.formats}
    statistics = await get_statistics.asyncio(client=client, tz="Europe/Vienna")
    assert isinstance(statistics, Statistics)
    assert len(statistics.uploads_per_day) == 30
