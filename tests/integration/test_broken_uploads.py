"""The command line where the network breaks, or the service is full: what it tries again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from benchmarks.harness.streams import HOST, close_streams, stream_server
from tests.command_line import environment_of, run
from tests.integration.test_admission import limited
from tests.pictures import draw
from tests.service import Service
from tests.waiting import until

pytestmark = pytest.mark.one_service

_PIECE_BYTES = 64 * 1024


class LosingLink:
    """Passes bytes on, and breaks off instead of giving back the first answers to an upload.

    Args:
        target_port: Where the service listens.
        losses: Answers to lose.
    """

    def __init__(self, target_port: int, losses: int) -> None:
        self.target_port = target_port
        self.losses = losses
        self.uploads = 0

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection, which an upload is alone on or last on."""
        there, back = await asyncio.open_connection(HOST, self.target_port)
        state = {"upload": False}

        async def out() -> None:
            while piece := await reader.read(_PIECE_BYTES):
                if piece.startswith(b"POST /v1/jobs"):
                    state["upload"] = True
                    self.uploads += 1
                back.write(piece)
                await back.drain()
            back.close()

        async def home() -> None:
            while piece := await there.read(_PIECE_BYTES):
                if state["upload"] and self.uploads <= self.losses:
                    break
                writer.write(piece)
                await writer.drain()
            writer.close()

        try:
            with suppress(OSError):
                await asyncio.gather(out(), home())
        finally:
            await close_streams(back)


@asynccontextmanager
async def losing_link(service: Service, losses: int) -> AsyncIterator[tuple[LosingLink, str]]:
    """Run such a link, and say where."""
    link = LosingLink(service.client.base_url.port or 0, losses)
    async with stream_server(link.carry) as port:
        yield link, f"http://{HOST}:{port}"


async def test_upload_whose_answer_was_lost_is_there_once(service: Service, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(draw())
    async with losing_link(service, losses=2) as (link, url):
        environment = environment_of(service) | {"MINILAB_URL": url}
        ended = await run("upload", tmp_path / "a.jpg", "--json", environment=environment)
    assert ended.code == 0, ended.err
    assert link.uploads == 3
    assert (await service.count("jobs"), await service.count("images")) == (1, 1)
    (job,) = ended.json()["jobs"]
    (known,) = (await service.client.get("/v1/jobs")).json()["items"]
    assert job["id"] == known["id"]


async def test_upload_waits_until_there_is_room(service: Service, tmp_path: Path) -> None:
    (tmp_path / "late.jpg").write_bytes(draw(seed=1))
    async with limited(service, max_backlog_images=1) as running:
        await running.send([("early.jpg", draw())])
        ending = asyncio.create_task(
            run("upload", tmp_path / "late.jpg", "--wait", environment=environment_of(running))
        )
        await until(lambda: ("refused", "backlog_full") in running.admission.decisions)
        async with service.working():
            ended = await ending
    assert ended.code == 0, ended.err
    assert "late.jpg" in ended.text


async def test_upload_that_is_wrong_is_not_tried_again(service: Service, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(draw())
    async with losing_link(service, losses=0) as (link, url):
        environment = environment_of(service) | {"MINILAB_URL": url}
        file = tmp_path / "a.jpg"
        ended = await run("upload", file, "--operations", "nonsense", environment=environment)
    assert (ended.code, link.uploads) == (3, 1)
