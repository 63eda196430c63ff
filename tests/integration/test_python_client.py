"""The Python client against the running service, also through connections that break."""

import asyncio
import hashlib
import os
import sys
from collections.abc import AsyncIterator, Sequence
from io import BytesIO
from pathlib import Path

import httpx
import pytest

from minilab_client import (
    ApiError,
    AsyncMinilab,
    AsyncMinilabLink,
    ConnectionFailed,
    JobChange,
    Minilab,
    MinilabLink,
    Retries,
    WaitTimedOut,
)
from minilab_client.api.images import get_image
from minilab_client.api.jobs import get_job
from minilab_client.models import Image, Job, Problem, Status
from minilab_client.types import File
from tests.command_line import environment_of
from tests.cutting_proxy import CuttingProxy, cutting_proxy
from tests.pictures import draw
from tests.service import ADMIN_KEY, REPOSITORY, Service

pytestmark = pytest.mark.one_service
SDK = REPOSITORY / "sdk" / "python"
PATIENT = Retries(first_pause=0.01)
LARGE = draw(width=512, height=512, kind="BMP")


@pytest.fixture
async def environ(environ: dict[str, str]) -> dict[str, str]:
    """Settings with which every second upload of a key is refused with 429; not those of admins."""
    return environ | {
        "MINILAB_TENANT_REQUESTS_PER_SECOND": "1",
        "MINILAB_TENANT_REQUESTS_BURST": "1",
    }


def url_of(service: Service) -> str:
    return str(service.client.base_url)


@pytest.fixture
async def minilab(working_service: Service) -> AsyncIterator[AsyncMinilab]:
    """A client with an admin key."""
    async with AsyncMinilab(url_of(working_service), ADMIN_KEY, trust_env=False) as made:
        yield made


def through(proxy: CuttingProxy) -> AsyncMinilab:
    """Make a client that speaks through a proxy."""
    return AsyncMinilab(proxy.url, ADMIN_KEY, retries=PATIENT, trust_env=False)


def image_of(job: Job) -> str:
    (item,) = job.items
    assert item.image_id
    return item.image_id


def versions(changes: Sequence[JobChange]) -> list[int]:
    return [change.version for change in changes]


def test_readme_shows_the_example() -> None:
    code = (SDK / "examples" / "first_upload.py").read_text().split('"""\n\n', 1)[1]
    assert f"```python\n{code}```\n" in (SDK / "README.md").read_text()


async def test_example_prints_the_face(
    working_service: Service, tmp_path: Path, test_data: Path
) -> None:
    portrait = (test_data / "lfw" / "Aaron_Eckhart_0001.jpg").read_bytes()
    (tmp_path / "portrait.jpg").write_bytes(portrait)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, SDK / "examples" / "first_upload.py"),
        cwd=tmp_path,
        env=os.environ | environment_of(working_service) | {"PYTHONPATH": str(SDK)},
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    assert printed.decode() == "portrait.jpg 250 250 [[67, 66, 118, 118]]\n"
    assert (tmp_path / "thumbnail.webp").read_bytes().startswith(b"RIFF")
    assert not (tmp_path / "thumbnail.webp.part").exists()


async def test_upload_is_waited_for_read_listed_and_deleted(
    minilab: AsyncMinilab, tmp_path: Path
) -> None:
    (tmp_path / "a.jpg").write_bytes(draw(seed=1))
    job = await minilab.upload(
        tmp_path / "a.jpg",
        ("b.txt", b"no picture"),
        user_id="u1",
        gps="strip",
        tags=["beach", "family"],
        attributes={"room": "kitchen"},
        wait=True,
    )
    assert job.status is Status.PARTIAL
    good, bad = job.items
    assert bad.error is not None
    assert bad.error.code == "unsupported_format"
    assert good.image_id
    image = await minilab.images.get_image(good.image_id)
    assert (image.user_id, image.gps, image.filename, image.width) == ("u1", "strip", "a.jpg", 64)
    assert (image.tags, image.attributes.to_dict()) == (["beach", "family"], {"room": "kitchen"})
    assert image.histogram is not None
    assert sum(image.histogram.bins) == image.histogram.pixels
    assert image.uploaded_at.tzinfo is not None
    page = await minilab.images.list_images(user_id="u1")
    assert [listed.id for listed in page.items] == [image.id]
    await minilab.images.delete_image(image.id)
    with pytest.raises(ApiError) as raised:
        await minilab.images.get_image(image.id)
    assert (raised.value.status, raised.value.code) == (404, "not_found")
    assert isinstance(raised.value.problem, Problem)
    assert raised.value.detail in str(raised.value)
    assert raised.value.request_id in str(raised.value)


async def test_lists_are_iterated_over_all_pages(minilab: AsyncMinilab) -> None:
    for number in range(5):
        await minilab.upload((f"{number}.jpg", b"no picture"), user_id="u1")
    jobs = [job.id async for job in minilab.jobs.iterate_jobs(user_id="u1", limit=2)]
    assert len(set(jobs)) == len(jobs) == 5
    assert [image async for image in minilab.images.iterate_images(user_id="u1")] == []


async def test_generated_functions_take_its_client(minilab: AsyncMinilab) -> None:
    job = await minilab.upload(("a.jpg", draw()), wait=True)
    image = await get_image.asyncio(image_of(job), client=minilab.client)
    assert isinstance(image, Image)
    with pytest.raises(ApiError):
        await get_image.asyncio("absent", client=minilab.client)


async def test_picture_arrives_and_comes_back_to_the_byte(
    minilab: AsyncMinilab, tmp_path: Path
) -> None:
    """A file that holds what some clients part files by is a file like any other."""
    sent = draw() + b"\r\n--+++\r\nContent-Disposition: form-data\r\n\r\n--+++--\r\n"
    image_id = image_of(await minilab.upload(File(BytesIO(sent), "a.jpg"), wait=True))
    back = await minilab.read_picture(image_id)
    assert hashlib.sha256(back).digest() == hashlib.sha256(sent).digest()
    file = BytesIO()
    await minilab.download(image_id, file, variant="thumbnail")
    assert file.getvalue().startswith(b"RIFF")


async def test_job_that_did_not_change_is_not_sent_again(minilab: AsyncMinilab) -> None:
    job = await minilab.upload(("a.txt", b"no picture"))
    known = (await get_job.asyncio_detailed(job.id, client=minilab.client)).headers["ETag"]
    with pytest.raises(ApiError) as raised:
        await minilab.jobs.get_job(job.id, if_none_match=known)
    assert (raised.value.status, raised.value.problem) == (304, None)


async def test_what_the_service_is_can_be_read(minilab: AsyncMinilab) -> None:
    assert (await minilab.service.get_readiness()).status == "ready"
    capabilities = await minilab.service.get_capabilities()
    assert "jpeg" in {known.format_ for known in capabilities.formats}
    statistics = await minilab.statistics.get_statistics(tz="Europe/Vienna")
    assert len(statistics.uploads_per_day) == 30


async def test_waiting_has_a_limit(service: Service) -> None:
    async with AsyncMinilab(url_of(service), ADMIN_KEY, trust_env=False) as minilab:
        with pytest.raises(WaitTimedOut):
            await minilab.upload(("a.jpg", draw()), wait=0.1)
        (job,) = (await minilab.jobs.list_jobs()).items
        waiting = asyncio.create_task(minilab.wait_for_job(job.id))
        async with service.working():
            assert (await waiting).status is Status.SUCCEEDED


async def test_changes_of_a_job_are_followed_to_its_end(service: Service) -> None:
    async with AsyncMinilab(url_of(service), ADMIN_KEY, trust_env=False) as minilab:
        job = await minilab.upload(("a.jpg", draw()))
        seen = []
        changes = minilab.follow_job(job)
        seen.append(await anext(changes))
        async with service.working():
            seen += [change async for change in changes]
        assert seen[0].status is Status.QUEUED
        assert seen[-1].status is Status.SUCCEEDED
        assert versions(seen) == sorted(set(versions(seen)))
        again = [change async for change in minilab.follow_job(job.id)]
        assert versions(again) == versions(seen[-1:])


async def test_following_a_job_that_is_gone_raises(minilab: AsyncMinilab) -> None:
    job = await minilab.upload(("a.jpg", draw()), user_id="u1", wait=True)
    deletion = await minilab.users.delete_user("u1")
    assert [change async for change in minilab.follow_job(deletion.id)][-1].finished_at
    with pytest.raises(ApiError, match="not_found"):
        await anext(minilab.follow_job(job.id))


async def test_refused_upload_is_sent_again_after_the_time_that_the_service_names(
    working_service: Service,
) -> None:
    answers: list[int] = []

    async def see(response: httpx.Response) -> None:
        answers.append(response.status_code)

    key = await working_service.make_key("service")
    async with AsyncMinilab(
        url_of(working_service), key, trust_env=False, event_hooks={"response": [see]}
    ) as minilab:
        for name in ("a.txt", "b.txt"):
            await minilab.upload((name, b"no picture"), user_id="u1")
        assert answers == [202, 429, 202]
        assert len((await minilab.jobs.list_jobs(user_id="u1")).items) == 2
    async with AsyncMinilab(
        url_of(working_service), key, trust_env=False, retries=Retries(limit=0)
    ) as hasty:
        with pytest.raises(ApiError) as raised:
            await hasty.upload(("c.txt", b"no picture"), user_id="u1")
    assert (raised.value.status, raised.value.code) == (429, "rate_limited")
    assert raised.value.retry_after is not None
    assert raised.value.retry_after >= 1


async def test_upload_whose_answers_are_lost_is_accepted_once(working_service: Service) -> None:
    async with cutting_proxy(url_of(working_service), 0, 100) as proxy, through(proxy) as minilab:
        job = await minilab.upload(("a.jpg", draw()), ("b.jpg", BytesIO(draw(seed=2))), wait=True)
        assert job.status is Status.SUCCEEDED
        assert proxy.connections >= 3
    assert await working_service.count("jobs") == 1
    assert await working_service.count("images") == 2


async def test_file_that_is_the_body_is_read_again_for_each_attempt(
    working_service: Service,
) -> None:
    async with cutting_proxy(url_of(working_service), 0) as proxy, through(proxy) as minilab:
        body = File(BytesIO(draw()), "a.jpg", "image/jpeg")
        job = await minilab.jobs.create_job_from_file(body=body, prefer="wait=30")
        assert await minilab.read_picture(image_of(job)) == draw()
        assert proxy.connections == 2
    assert await working_service.count("jobs") == 1


async def test_what_could_be_done_twice_is_not_sent_again(working_service: Service) -> None:
    answer = await working_service.send([("a.txt", b"no picture")])
    async with cutting_proxy(url_of(working_service), 0) as proxy, through(proxy) as minilab:
        with pytest.raises(ConnectionFailed) as raised:
            await minilab.jobs.retry_job(answer.json()["id"])
        assert proxy.connections == 1
    assert isinstance(raised.value.__cause__, httpx.TransportError)


async def test_stream_that_breaks_is_continued(service: Service) -> None:
    job = (await service.send([("a.jpg", draw())])).json()
    async with cutting_proxy(url_of(service)) as proxy, through(proxy) as minilab:
        changes = minilab.follow_job(job["id"])
        seen = [await anext(changes)]
        await proxy.cut()
        async with service.working():
            seen += [change async for change in changes]
        assert proxy.connections == 2
    assert seen[-1].status is Status.SUCCEEDED
    assert versions(seen) == sorted(set(versions(seen)))


async def test_job_is_polled_where_no_stream_gets_through(working_service: Service) -> None:
    answer = await working_service.send([("a.jpg", draw())])
    async with cutting_proxy(url_of(working_service), 0, 0) as proxy, through(proxy) as minilab:
        seen = [change async for change in minilab.follow_job(answer.json()["id"])]
        assert proxy.connections == 3
    assert seen[-1].status is Status.SUCCEEDED


async def test_download_that_breaks_continues(minilab: AsyncMinilab, tmp_path: Path) -> None:
    image_id = image_of(await minilab.upload(("a.bmp", LARGE), wait=True))
    service_url = str(minilab.client.get_async_httpx_client().base_url)
    async with cutting_proxy(service_url, 200_000, 100_000) as proxy, through(proxy) as broken:
        await broken.download(image_id, tmp_path / "a.bmp")
        assert proxy.connections == 3
    assert (tmp_path / "a.bmp").read_bytes() == LARGE


async def test_link_is_uploaded_through_and_followed(working_service: Service) -> None:
    made = await working_service.make_link(max_files=2)
    url = url_of(working_service)
    async with AsyncMinilabLink(url, made["token"], trust_env=False) as link:
        job = await link.upload(("a.jpg", draw()))
        seen = [change async for change in link.follow_job(job)]
        assert seen[-1].status is Status.SUCCEEDED
        assert (await link.wait_for_job(job)).items[0].image_id

    def use_the_waiting_twin() -> None:
        with MinilabLink(url, made["token"], trust_env=False) as twin:
            assert twin.upload(("b.jpg", draw(seed=2)), wait=True).status is Status.SUCCEEDED
            with pytest.raises(ApiError, match="link_used_up"):
                twin.upload(("c.jpg", draw(seed=3)))

    await asyncio.to_thread(use_the_waiting_twin)


async def test_waiting_twin_uploads_follows_iterates_and_downloads(
    working_service: Service, tmp_path: Path
) -> None:
    async with cutting_proxy(url_of(working_service), 0) as proxy:

        def use() -> None:
            with Minilab(proxy.url, ADMIN_KEY, retries=PATIENT, trust_env=False) as minilab:
                job = minilab.upload(("a.jpg", draw()), user_id="u1")
                assert list(minilab.follow_job(job))[-1].status is Status.SUCCEEDED
                assert minilab.wait_for_job(job).finished_at
                (image,) = minilab.images.iterate_images(user_id="u1")
                minilab.download(image.id, tmp_path / "a.jpg")
                assert (tmp_path / "a.jpg").read_bytes() == draw()

        await asyncio.to_thread(use)
    assert await working_service.count("jobs") == 1
