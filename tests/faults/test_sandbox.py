"""A child that was taken over reaches nothing: no network, no file, no process, no secret."""

import asyncio
import os
import pickle
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from ctypes.util import find_library
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from api.images.rendering import RenderJob, render
from domain.errors.files import DecoderDied
from domain.images.formats import ImageFormat
from domain.images.operations import ALL_OPERATIONS
from domain.limits import ImageLimits
from sandbox.child import Confinement, confinement
from sandbox.landlock import landlock_version
from sandbox.pool import ChildPool
from tasks.images.image_batch import BatchItem, process_batch
from tests.faults import trespass
from tests.faults.stack import Stack, pictures
from tests.service import ADMIN_KEY, REPOSITORY
from tests.unit.images.drawing import files
from tests.unit.sandbox import functions
from tests.unit.sandbox.test_child_pool import end_children

pytestmark = pytest.mark.usefixtures("plain_children")

LIMITS = ImageLimits()
ON_FILES = (
    trespass.write,
    trespass.append,
    trespass.remove,
    trespass.rename,
    trespass.link,
    trespass.make_folder,
    trespass.cut_off,
    trespass.open_up,
    trespass.change_time,
    trespass.read,
)
ON_PROCESSES = (
    trespass.read_environment,
    trespass.read_memory,
    trespass.trace,
    trespass.end,
    trespass.throttle,
)
ON_ITSELF = (
    trespass.fork,
    trespass.run_program,
    trespass.become_program,
    trespass.outlive_parent,
    trespass.lift_limits,
    trespass.listen,
)


@pytest_asyncio.fixture(scope="module")
async def pool() -> AsyncIterator[ChildPool]:
    """Two children as workers have them, which tests share as images do.

    Skips where the platform cannot hold one.
    """
    if not (landlock_version() and find_library("seccomp")):
        pytest.skip("this platform holds children only in part")
    await end_children()
    yield ChildPool(2, LIMITS.max_child_bytes)
    await end_children()


@pytest.fixture
def address() -> Iterator[tuple[str, int]]:
    """A server that would answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()


@pytest.mark.parametrize("attempt", [trespass.connect, trespass.send_datagram])
async def test_child_reaches_no_network(
    pool: ChildPool, address: tuple[str, int], attempt: Callable[..., None]
) -> None:
    with pytest.raises(PermissionError):
        await pool.run(attempt, address, seconds=20)


@pytest.mark.parametrize("attempt", ON_FILES)
async def test_child_touches_no_file(
    pool: ChildPool, tmp_path: Path, attempt: Callable[..., None]
) -> None:
    path = tmp_path / "file.txt"
    path.write_bytes(b"not yours")
    before = path.stat()
    with pytest.raises(PermissionError):
        await pool.run(attempt, path, seconds=20)
    assert [*tmp_path.iterdir()] == [path]
    assert path.read_bytes() == b"not yours"
    assert (path.stat().st_mode, path.stat().st_mtime) == (before.st_mode, before.st_mtime)


async def test_child_makes_no_file(pool: ChildPool, tmp_path: Path) -> None:
    for folder in (tmp_path, Path("/tmp"), Path("/dev/shm"), Path.cwd()):  # noqa: S108
        with pytest.raises(PermissionError):
            await pool.run(trespass.write, folder / "minilab-trespass", seconds=20)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    "path", [Path("/etc/passwd"), REPOSITORY / "README.md", Path("/proc/1/cmdline")]
)
async def test_child_reads_libraries_and_nothing_else(pool: ChildPool, path: Path) -> None:
    with pytest.raises(PermissionError):
        await pool.run(trespass.read, path, seconds=20)
    await pool.run(trespass.read, Path(pickle.__file__), seconds=20)


@pytest.mark.parametrize("attempt", ON_PROCESSES)
async def test_child_cannot_touch_its_parent_or_a_sibling(
    pool: ChildPool, attempt: Callable[..., None]
) -> None:
    both = await asyncio.gather(*(pool.run(functions.sleep, 0.2, seconds=20) for _ in range(2)))
    attacker = await pool.run(functions.answer, seconds=20)
    for victim in {os.getpid(), *both} - {attacker}:
        with pytest.raises(PermissionError):
            await pool.run(attempt, victim, seconds=20)


@pytest.mark.parametrize("attempt", ON_ITSELF)
async def test_child_cannot_leave(pool: ChildPool, attempt: Callable[..., None]) -> None:
    with pytest.raises((PermissionError, ValueError)):  # ValueError: a limit stays as it is.
        await pool.run(attempt, seconds=20)
    assert await pool.run(functions.count, b"12345", seconds=20) == 5


@pytest.mark.parametrize("attempt", [trespass.answer_with_code, trespass.raise_code])
async def test_answer_cannot_run_code_in_the_parent(
    pool: ChildPool, tmp_path: Path, attempt: Callable[..., object]
) -> None:
    path = tmp_path / "made by the parent"
    with pytest.raises(pickle.UnpicklingError):
        await pool.run(attempt, path, seconds=20)
    assert not path.exists()


async def test_child_may_still_abort(pool: ChildPool) -> None:
    with pytest.raises(DecoderDied):
        await pool.run(trespass.abort, seconds=20)
    assert await pool.run(functions.answer, seconds=20)


@pytest.mark.parametrize("name", sorted(files()))
async def test_every_operation_works_on_every_format(pool: ChildPool, name: str) -> None:
    image_format = ImageFormat(name.split(maxsplit=1)[0])
    item = BatchItem("a", files()[name], image_format, ALL_OPERATIONS)
    (outcome,) = await pool.run(process_batch, [item], LIMITS, seconds=120)
    assert outcome.error is None
    assert outcome.processed is not None
    assert outcome.processed.errors == {}
    assert set(outcome.processed.results) == set(ALL_OPERATIONS)
    for variant in ("grayscale", "faces", "thumbnail"):
        job = RenderJob(variant, files()[name], image_format, [[8, 8, 40, 40]], LIMITS)
        assert (await pool.run(render, job, seconds=120)).data


async def test_all_that_the_platform_has_is_used(pool: ChildPool) -> None:
    assert await pool.run(confinement, seconds=20) == Confinement(landlock_version(), seccomp=True)


async def test_every_thread_of_a_child_is_held(pool: ChildPool) -> None:
    pid = await pool.run(functions.answer, seconds=20)
    for thread in Path(f"/proc/{pid}/task").iterdir():
        status = (thread / "status").read_text()
        assert "Seccomp:\t2" in status
        assert "NoNewPrivs:\t1" in status


async def test_worker_holds_its_children_and_says_so(stack: Stack) -> None:
    worker = stack.start_worker(warm=False)
    job = await stack.job(await stack.ticket(pictures(4, "held")))
    assert job["status"] == "succeeded"
    assert stack.log(worker).count('"event":"sandbox"') == 1
    children = stack.children(worker)
    assert children
    for child in children:
        assert "Seccomp:\t2" in Path(f"/proc/{child.pid}/status").read_text()
        started_with = Path(f"/proc/{child.pid}/environ").read_bytes()
        assert b"MINILAB_" not in started_with
        assert ADMIN_KEY.encode() not in started_with
        limits = {name: child.rlimit(name) for name in (psutil.RLIMIT_CORE, psutil.RLIMIT_FSIZE)}
        assert set(limits.values()) == {(0, 0)}
