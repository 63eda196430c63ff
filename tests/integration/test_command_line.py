"""The command ``minilab`` with the running service: uploads, results, errors."""

import asyncio
from pathlib import Path

import pytest

from benchmarks.harness.streams import HOST, stream_server
from minilab_client.models import Image, Job
from tests.command_line import environment_of, run, run_for, run_process
from tests.pictures import draw
from tests.service import Service

pytestmark = pytest.mark.one_service

pytestmark = pytest.mark.one_service


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with three pictures, at two depths, and what is no picture."""
    folder = tmp_path / "pictures"
    (folder / "deeper").mkdir(parents=True)
    (folder / "a.jpg").write_bytes(draw(seed=1))
    (folder / "b.PNG").write_bytes(draw(seed=2, kind="PNG"))
    (folder / "deeper" / "c [x].webp").write_bytes(draw(seed=3, kind="WEBP"))
    (folder / "notes.txt").write_text("no picture")
    (folder / ".hidden.jpg").write_bytes(draw(seed=4))
    return folder


async def test_folder_is_uploaded_and_its_results_are_shown(
    working_service: Service, pictures: Path
) -> None:
    ended = await run_for(working_service, "upload", pictures, "--wait")
    assert ended.code == 0, ended.err
    heading, *rows = ended.text.splitlines()
    assert heading.split() == [
        "file",
        "status",
        "format",
        "pixels",
        "faces",
        "camera",
        "or",
        "error",
    ]
    assert [" ".join(row.split()) for row in rows] == [
        "a.jpg succeeded jpeg 64 × 48 0 –",
        "b.PNG succeeded png 64 × 48 0 –",
        "c [x].webp succeeded webp 64 × 48 0 –",
    ]
    assert "Uploading 3/3 files" in ended.err
    assert "15/15 operations" in ended.err


async def test_json_is_what_the_service_says_and_nothing_else(
    working_service: Service, pictures: Path
) -> None:
    arguments = (
        "--wait",
        "--json",
        "--operations",
        "metadata",
        "--user-id",
        "u1",
        "--gps",
        "strip",
    )
    ended = await run_for(working_service, "upload", pictures / "a.jpg", *arguments)
    assert (ended.code, ended.err) == (0, "")
    told = ended.json()
    (job,) = told["jobs"]
    assert Job.from_dict(job) == Job.from_dict(await working_service.job(job["id"]))
    (image,) = told["images"]
    assert (image["user_id"], image["gps"]) == ("u1", "strip")
    assert list(image["operations"]) == ["metadata"]
    shown = await run_for(working_service, "get", image["id"], "--json")
    answer = await working_service.client.get(f"/v1/images/{image['id']}")
    assert shown.json() == image
    assert Image.from_dict(image) == Image.from_dict(answer.json())


async def test_refused_file_is_told_by_the_exit_code(
    working_service: Service, pictures: Path
) -> None:
    files = (pictures / "notes.txt", pictures / "a.jpg")
    at_once = await run_for(working_service, "upload", *files)
    assert at_once.code == 1
    assert "no image of a supported format" in at_once.text
    waited = await run_for(working_service, "upload", *files, "--wait")
    assert waited.code == 1
    rows = [" ".join(row.split()) for row in waited.text.splitlines()[1:]]
    assert rows == [
        "notes.txt failed – – – The file is no image of a supported format",
        "a.jpg succeeded jpeg 64 × 48 0 –",
    ]


async def test_many_files_go_in_requests_of_bounded_size(service: Service, tmp_path: Path) -> None:
    for number in range(53):
        (tmp_path / f"{number:02}.jpg").write_bytes(draw(8, 8, seed=number % 3))
    ended = await run_for(service, "upload", tmp_path, "--json")
    assert ended.code == 0, ended.err
    jobs = ended.json()["jobs"]
    assert [len(job["items"]) for job in jobs] == [50, 3]
    names = [item["filename"] for job in jobs for item in job["items"]]
    assert names == [f"{number:02}.jpg" for number in range(53)]


async def test_real_photos_are_uploaded(working_service: Service, test_data: Path) -> None:
    photos = [test_data / "photos" / name for name in ("DSCN0010.jpg", "IMG_5195.HEIC")]
    ended = await run_for(working_service, "upload", *photos, "--wait")
    assert ended.code == 0, ended.err
    rows = ended.text.splitlines()[1:]
    assert len(rows) == await working_service.count("images") == 2
    assert all(" succeeded " in row for row in rows)
    assert "IMG_5195.HEIC" in ended.text
    assert "COOLPIX P6000" in ended.text


async def test_status_shows_a_job_and_the_service(working_service: Service, pictures: Path) -> None:
    (job,) = (await run_for(working_service, "upload", pictures, "--json")).json()["jobs"]
    ended = await run_for(working_service, "status", job["id"], "--wait")
    assert ended.code == 0, ended.err
    assert ended.text.startswith(f"job {job['id']}: succeeded, 15 of 15 operations done")
    as_json = await run_for(working_service, "status", job["id"], "--json")
    assert as_json.json() == Job.from_dict(await working_service.job(job["id"])).to_dict()
    everything = await run_for(working_service, "status")
    assert job["id"] in everything.text
    assert "mongodb" in everything.text
    told = (await run_for(working_service, "status", "--json")).json()
    assert [known["id"] for known in told["jobs"]] == [job["id"]]
    assert told["readiness"]["parts"]["mongodb"] is True


async def test_status_without_a_worker_exits_with_1(service: Service) -> None:
    ended = await run_for(service, "status")
    assert (ended.code, "No worker" in ended.text) == (1, True)


async def test_picture_is_fetched_to_the_byte(
    working_service: Service, tmp_path: Path, test_data: Path
) -> None:
    original = (test_data / "lfw" / "Aaron_Eckhart_0001.jpg").read_bytes()
    (tmp_path / "portrait.jpg").write_bytes(original)
    told = await run_for(working_service, "upload", tmp_path / "portrait.jpg", "--wait", "--json")
    image_id = told.json()["images"][0]["id"]
    shown = await run_for(working_service, "get", image_id)
    assert "[67, 66, 118, 118]" in shown.text
    fetched = await run_for(working_service, "get", image_id, "-o", "-")
    assert fetched.out == original
    file = tmp_path / "faces.jpg"
    await run_for(working_service, "get", image_id, "--variant", "faces", "--output", file)
    answer = await working_service.client.get(
        f"/v1/images/{image_id}/content", params={"variant": "faces"}
    )
    assert file.read_bytes() == answer.content


async def test_statistics_are_drawn(working_service: Service, pictures: Path) -> None:
    await run_for(working_service, "upload", pictures, "--wait")
    told = (await run_for(working_service, "stats", "--json", "--tz", "Asia/Tokyo")).json()
    answer = await working_service.client.get("/v1/statistics", params={"tz": "Asia/Tokyo"})
    assert told == answer.json()
    drawn = await run_for(working_service, "stats")
    assert drawn.text.splitlines()[0].split()[:3] == ["images", "users", "faces"]
    assert [line for line in drawn.text.splitlines() if line.rstrip().endswith("█  3")]


async def test_data_is_verified(working_service: Service, pictures: Path) -> None:
    await run_for(working_service, "upload", pictures, "--wait")
    environment = {
        name: working_service.environ[name]
        for name in ("MINILAB_MONGODB_URL", "MINILAB_MONGODB_DATABASE")
    }
    ended = await run("verify-data", "--pause", "0", "--json", environment=environment)
    assert ended.code == 0, ended.text
    assert not [found for found in ended.json()["findings"] if found["wrong"]]
    unusable = await run("verify-data", environment={"MINILAB_MONGODB_URL": "nowhere"})
    assert (unusable.code, unusable.out) == (4, b"")


async def test_what_the_service_refuses_is_told(service: Service) -> None:
    unknown = await run_for(service, "stats", key="nobody")
    assert (unknown.code, unknown.out) == (3, b"")
    assert unknown.err.startswith("Error: unauthenticated: ")
    assert "The API key came from the variable MINILAB_API_KEY." in unknown.err
    absent = await run_for(service, "get", "01a20129-19fd-75eb-a0ec-6c6b832265ee")
    assert (absent.code, "not_found" in absent.err) == (3, True)
    unbound = await run_for(service, "keys", "create", "--role", "client")
    assert (unbound.code, "invalid_value" in unbound.err) == (3, True)


async def test_what_cannot_be_reached_is_told(tmp_path: Path) -> None:
    nobody = {"MINILAB_URL": "http://127.0.0.1:1", "MINILAB_API_KEY": "any"}
    ended = await run("stats", environment=nobody)
    assert (ended.code, "cannot be reached" in ended.err) == (4, True)
    assert "make run" in ended.err


async def test_receiver_on_this_machine_says_what_to_set(service: Service) -> None:
    ended = await run_process(
        "webhooks", "listen", "--test", "--port", "0", environment=environment_of(service)
    )
    assert ended.code == 3
    wanted = "MINILAB_WEBHOOK_ALLOW=127.0.0.0/8 MINILAB_WEBHOOK_ALLOW_HTTP=true make run"
    assert wanted in ended.err


async def test_address_that_is_no_service_is_told() -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nno...")

    async with stream_server(answer) as port:
        address = f"{HOST}:{port}"
        for scheme, told in (("http", "is not a Minilab service"), ("https", "without TLS")):
            environment = {"MINILAB_URL": f"{scheme}://{address}", "MINILAB_API_KEY": "any"}
            ended = await run("stats", environment=environment)
            assert (ended.code, told in ended.err) == (4, True), ended.err


async def test_wrong_usage_is_told(service: Service, tmp_path: Path) -> None:
    for arguments in (
        ["upload", tmp_path / "absent.jpg"],
        ["upload", tmp_path],
        ["links", "create", "--expires-in", "soon"],
        ["status", "--nonsense"],
    ):
        ended = await run_for(service, *arguments)
        assert (ended.code, ended.out) == (2, b""), arguments


@pytest.mark.parametrize("text", [b"secret-1\nsecret-2\n", b"secret \xff\xfe", "secret-é".encode()])
async def test_text_that_is_no_key_is_told_but_not_shown(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "key").write_bytes(text)
    ended = await run("stats", "--key-file", tmp_path / "key")
    assert (ended.code, "holds no API key" in ended.err) == (2, True)
    in_variable = {"MINILAB_API_KEY": text.decode(errors="replace")}
    told = await run("stats", environment=in_variable)
    assert (told.code, "the variable MINILAB_API_KEY holds no" in told.err) == (2, True)
    assert "secret" not in ended.err + told.err


async def test_file_that_cannot_be_written_is_told(service: Service, tmp_path: Path) -> None:
    absent = tmp_path / "absent" / "images.zip"
    ended = await run_for(service, "images", "archive", "-o", absent)
    assert (ended.code, str(absent.parent) in ended.err) == (2, True), ended.err
    (tmp_path / "file").touch()
    ended = await run_for(service, "images", "download", "--all", "--to", tmp_path / "file" / "to")
    assert (ended.code, str(tmp_path / "file") in ended.err) == (2, True), ended.err


async def test_admin_key_of_this_machine_is_for_this_machine_alone(
    service: Service, tmp_path: Path
) -> None:
    environment = environment_of(service)
    key = environment.pop("MINILAB_API_KEY")
    (tmp_path / "admin_key").write_text(f"{key}\n")
    environment["MINILAB_DATA_DIR"] = str(tmp_path)
    assert (await run("stats", environment=environment)).code == 0
    elsewhere = environment | {"MINILAB_URL": "http://minilab.invalid"}
    ended = await run("stats", environment=elsewhere)
    assert (ended.code, "an API key is needed" in ended.err) == (2, True)
    named = await run("stats", "--key-file", tmp_path / "admin_key", environment=elsewhere)
    assert named.code == 4
