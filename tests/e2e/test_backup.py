"""`minilab backup` and `minilab restore`: a copy of one moment, made while uploads arrive."""

import asyncio
import os
import shutil
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from deploy.local_settings import keep_admin_key, keep_secret_key, read_settings
from deploy.servers.embedded import embedded_servers
from tests.command_line import Ended, run
from tests.pictures import draw
from tests.service import Service, environment, find_test_data, running_service
from tests.waiting import until

PORTRAIT = "Aaron_Eckhart_0001.jpg"
DATABASE = "minilab"


@asynccontextmanager
async def served(data: Path) -> AsyncIterator[Service]:
    """Serve the data of a folder, with a worker, as `make run` does."""
    keys = read_settings({"MINILAB_DATA_DIR": str(data)})
    with embedded_servers(data, mongodb_cache_gb=0.25) as servers:
        environ = environment(servers, DATABASE, worker_children=1)
        environ["MINILAB_SECRET_KEY"] = keep_secret_key(keys)
        keep_admin_key(keys)
        async with running_service(environ, prepare=True) as service, service.working():
            yield service


async def command(*arguments: str | Path, data: Path) -> Ended:
    return await run(*arguments, environment={"MINILAB_DATA_DIR": str(data)})


async def upload_until(stop: asyncio.Event, service: Service) -> list[str]:
    """Upload pictures that all differ; give the tickets in the order of their arrival."""
    tickets: list[str] = []
    while not stop.is_set():
        content = draw() + str(len(tickets)).encode()
        answer = await service.send([(f"{len(tickets)}.jpg", content)])
        assert answer.status_code == 202, answer.text
        tickets.append(answer.json()["id"])
    return tickets


async def has_jobs(service: Service) -> bool:
    return await service.count("jobs") > 3


async def read_image(service: Service, image_id: str) -> tuple[dict[str, Any], bytes]:
    image = await service.client.get(f"/v1/images/{image_id}")
    content = await service.client.get(f"/v1/images/{image_id}/content")
    assert (image.status_code, content.status_code) == (200, 200)
    return image.json(), content.content


async def test_restored_data_are_those_of_one_moment_and_send_no_webhooks(tmp_path: Path) -> None:
    data, copy = tmp_path / "data", tmp_path / "copy"
    portrait = (find_test_data() / "lfw" / PORTRAIT).read_bytes()
    async with served(data) as service:
        job = await service.process([(PORTRAIT, portrait)], external_id="order-1", tags="a,b")
        image_id = job["items"][0]["image_id"]
        before = await read_image(service, image_id)
        assert before[0]["faces"]
        assert (before[0]["external_id"], before[0]["tags"]) == ("order-1", ["a", "b"])
        stop = asyncio.Event()
        uploading = asyncio.create_task(upload_until(stop, service))
        await until(lambda: has_jobs(service))
        backed_up = await command("backup", copy, data=data)
        stop.set()
        tickets = await uploading
    assert backed_up.code == 0, backed_up.err
    assert "blobs.chunks" in backed_up.text
    assert " MB are in " in backed_up.text
    for file in copy.rglob("*"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(copy.stat().st_mode) == 0o700

    keys = {name: (data / name).read_text() for name in ("admin_key", "secret_key")}
    shutil.rmtree(data)
    restored = await command("restore", copy, data=data)
    assert restored.code == 0, restored.text + restored.err
    assert "invariants, 0 broken" in restored.text
    assert "Webhooks are held" in restored.text
    assert {name: (data / name).read_text() for name in keys} == keys
    async with served(data) as service:
        assert await read_image(service, image_id) == before
        again = await service.process([(PORTRAIT, portrait)])
        assert again["items"][0]["duplicate_of"] == image_id
        assert await service.stores.webhook_hold.since() is not None
        answers = [await service.client.get(f"/v1/jobs/{ticket}") for ticket in tickets]
        kept = [answer.status_code == 200 for answer in answers]
        # One moment: every upload before it, none after it.
        assert kept == sorted(kept, reverse=True)
        for ticket in tickets[: sum(kept)]:
            assert (await service.job(ticket))["status"] == "succeeded"
    shutil.rmtree(copy)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of data without images."""
    folder = tmp_path_factory.mktemp("small")

    async def make() -> None:
        async with served(folder / "data"):
            pass
        assert (await command("backup", folder / "copy", data=folder / "data")).code == 0

    asyncio.run(make())
    return folder / "copy"


async def test_nothing_is_overwritten(small: Path, tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "note").write_text("mine")
    for ended in (
        await command("restore", small, data=full),
        await command("backup", full, data=small.parent / "data"),
    ):
        assert ended.code == 2
        assert f"{full} is not empty" in " ".join(ended.err.split())
    assert [file.name for file in full.iterdir()] == ["note"]


async def test_incomplete_or_changed_backup_is_refused_and_leaves_nothing(
    small: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    changes = [
        ("backup.json", b"{", b""),
        ("backup.json", b'"schema": 1', b'"schema": 2'),
        ("service_state.bson", b"schema", b"schemb"),
        ("service_state.bson", b"schema", b""),
    ]
    for name, old, new in changes:
        broken = tmp_path / "broken"
        shutil.copytree(small, broken)
        text = (broken / name).read_bytes()
        assert old in text
        (broken / name).write_bytes(text.replace(old, new))
        ended = await command("restore", broken, data=data)
        assert ended.code == 2, ended.err
        assert not data.exists()
        assert list(tmp_path.iterdir()) == [broken]
        shutil.rmtree(broken)


async def test_data_of_a_server_of_ones_own_are_left_to_its_tools(tmp_path: Path) -> None:
    variables = {"MINILAB_MONGODB_URL": "mongodb://127.0.0.1:1", "PATH": os.environ["PATH"]}
    ended = await run("backup", tmp_path / "copy", environment=variables)
    assert ended.code == 2
    assert "mongodump" in ended.err
    assert not any(tmp_path.iterdir())
