"""Ctrl-C: the command says what goes on without it, and ends with 130 and no traceback."""

import asyncio
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from benchmarks.harness.streams import HOST, close_streams, stream_server
from tests.command_line import Ended, environment_of, start
from tests.pictures import draw
from tests.service import Service
from tests.waiting import LATEST_SECONDS

pytestmark = pytest.mark.one_service
_PIECE_BYTES = 64 * 1024


class HoldingLink:
    """Passes requests on, up to one that it holds for ever.

    Args:
        target_port: Where the service listens.
        held: Bytes by which that request is known.
        passed: Number of such requests that are passed on before.
    """

    def __init__(self, target_port: int, held: bytes, passed: int = 0) -> None:
        self.holds = asyncio.Event()
        self._target_port = target_port
        self._held = held
        self._left = passed

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection."""
        there, back = await asyncio.open_connection(HOST, self._target_port)
        try:
            with suppress(OSError):
                async with asyncio.TaskGroup() as both:
                    both.create_task(self._out(reader, back))
                    both.create_task(self._home(there, writer))
        finally:
            await close_streams(back)

    async def _out(self, reader: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        while piece := await reader.read(_PIECE_BYTES):
            if self._held in piece:
                self._left -= 1
                if self._left < 0:
                    self.holds.set()
                    await reader.read()  # To the end of the client.
                    break
            back.write(piece)
            await back.drain()
        back.close()

    async def _home(self, there: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await there.read(_PIECE_BYTES):
            writer.write(piece)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def holding_link(
    service: Service, held: bytes, passed: int = 0
) -> AsyncIterator[tuple[HoldingLink, Mapping[str, str]]]:
    """Run such a link, and give the variables of a command that goes through it."""
    link = HoldingLink(service.client.base_url.port or 0, held, passed)
    async with stream_server(link.carry) as port:
        yield link, environment_of(service) | {"MINILAB_URL": f"http://{HOST}:{port}"}


async def interrupt(
    service: Service, *arguments: str | Path, held: bytes, passed: int = 0
) -> Ended:
    """Press Ctrl-C while the command waits for the answer to a request."""
    async with holding_link(service, held, passed) as (link, environment):
        process = await start(*arguments, environment=environment)
        async with asyncio.timeout(LATEST_SECONDS):
            await link.holds.wait()
            process.send_signal(signal.SIGINT)
            out, err = await process.communicate()
    ended = Ended(process.returncode or 0, out, err.decode())
    assert ended.code == 130, ended.err
    assert "Traceback" not in ended.err
    assert "Interrupted." in ended.err
    return ended


async def accepted_job(service: Service) -> str:
    """Upload a picture that no worker processes."""
    return str((await service.send([("a.jpg", draw())])).json()["id"])


async def test_upload_names_what_was_accepted(service: Service, tmp_path: Path) -> None:
    for number in range(51):
        (tmp_path / f"{number:02}.jpg").write_bytes(draw(8, 8))
    ended = await interrupt(service, "upload", tmp_path, held=b"POST /v1/jobs", passed=1)
    (job,) = (await service.client.get("/v1/jobs")).json()["items"]
    assert "1 job was accepted" in ended.err
    assert f"minilab jobs wait {job['id']}" in ended.err
    assert "may have been accepted, too: `minilab jobs list`" in ended.err


async def test_upload_that_waits_names_its_jobs(service: Service, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(draw())
    ended = await interrupt(service, "upload", tmp_path, "--wait", "--json", held=b"wait=1")
    (job,) = (await service.client.get("/v1/jobs")).json()["items"]
    assert f"minilab jobs wait {job['id']}" in ended.err
    assert "jobs list" not in ended.err
    assert ended.out == b""


async def test_wait_names_the_jobs_that_have_not_ended(service: Service) -> None:
    jobs = [await accepted_job(service) for _ in range(2)]
    await service.client.delete(f"/v1/jobs/{jobs[0]}")
    ended = await interrupt(service, "jobs", "wait", *jobs, held=b"wait=1")
    assert f"minilab jobs wait {jobs[1]}\n" in ended.err
    assert jobs[0] not in ended.err


async def test_download_goes_on_when_it_is_run_again(service: Service, tmp_path: Path) -> None:
    await accepted_job(service)
    ended = await interrupt(
        service, "images", "download", "--all", "--to", tmp_path, held=b"/content"
    )
    assert "the same command goes on" in ended.err


async def test_list_ends(service: Service) -> None:
    ended = await interrupt(service, "images", "list", held=b"/v1/images")
    assert ended.err.split() == ["Interrupted."]
