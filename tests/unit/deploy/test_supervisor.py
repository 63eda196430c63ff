"""The supervisor over real processes: small programs in place of the servers."""

import asyncio
import sys
from pathlib import Path

import pytest

from deploy.servers.process import ServerProcess
from deploy.supervisor import ProcessRefused, RestartPolicy, Supervised, Supervisor
from tests.waiting import until

pytestmark = pytest.mark.slow

QUICK = RestartPolicy(first_pause_seconds=0.01, longest_pause_seconds=0.02)
# Programs that do nothing until they are ended.
SLEEPS = "import time; time.sleep(600)"
DEAF = (
    "import pathlib, signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    # It shows that it ignores the signal, then waits for its end.
    "pathlib.Path(sys.argv[1]).touch(); time.sleep(600)"
)


def program(name: str, code: str, folder: Path, *arguments: str) -> ServerProcess:
    command = [sys.executable, "-c", code, *arguments]
    return ServerProcess(
        name, command, url="", is_ready=lambda: True, output=folder / f"{name}.log"
    )


def supervisor_of(
    *processes: ServerProcess, grace_seconds: float = 10
) -> tuple[Supervisor, list[str]]:
    lines: list[str] = []
    supervised = [Supervised(process, grace_seconds) for process in processes]
    return Supervisor(supervised, lines.append, QUICK), lines


async def test_what_dies_is_started_again(tmp_path: Path) -> None:
    process = program("one", SLEEPS, tmp_path)
    supervisor, lines = supervisor_of(process)
    running = asyncio.create_task(supervisor.run())
    await until(lambda: process.is_running)
    first = process.pid
    process.kill()
    await until(lambda: process.is_running and process.pid != first)
    supervisor.stop()
    await running
    assert not process.is_running
    assert lines[0] == "one ended with -9, starting it again in 0.01 s"


async def test_process_that_can_use_neither_settings_nor_data_stops_all(tmp_path: Path) -> None:
    other = program("other", SLEEPS, tmp_path)
    refuses = program("refuses", "import sys; sys.exit(2)", tmp_path)
    supervisor, lines = supervisor_of(other, refuses)
    with pytest.raises(ProcessRefused, match="refuses ended with 2"):
        await supervisor.run()
    assert not other.is_running
    assert lines == ["other stopped"]


async def test_processes_end_in_the_reverse_order_of_their_start(tmp_path: Path) -> None:
    processes = [program(name, SLEEPS, tmp_path) for name in ("first", "second", "third")]
    supervisor, lines = supervisor_of(*processes)
    running = asyncio.create_task(supervisor.run())
    await until(lambda: all(process.is_running for process in processes))
    supervisor.stop()
    await running
    assert lines == ["stopping", "third stopped", "second stopped", "first stopped"]


async def test_deaf_process_is_killed_after_its_grace(tmp_path: Path) -> None:
    up = tmp_path / "up"
    process = program("deaf", DEAF, tmp_path, str(up))
    supervisor, lines = supervisor_of(process, grace_seconds=0.1)
    running = asyncio.create_task(supervisor.run())
    await until(up.exists)
    supervisor.stop()
    await running
    assert process.exit_code == -9
    assert lines[-1] == "deaf did not end in time and was killed"


async def test_second_stop_cuts_the_grace_short(tmp_path: Path) -> None:
    up = tmp_path / "up"
    process = program("deaf", DEAF, tmp_path, str(up))
    supervisor, _ = supervisor_of(process, grace_seconds=600)
    running = asyncio.create_task(supervisor.run())
    await until(up.exists)
    supervisor.stop()
    supervisor.stop()
    await running
    assert process.exit_code == -9


async def test_program_that_cannot_start_does_not_end_the_others(tmp_path: Path) -> None:
    broken = program("broken", "raise SystemExit(3)", tmp_path)
    sound = program("sound", SLEEPS, tmp_path)
    supervisor, lines = supervisor_of(broken, sound)
    running = asyncio.create_task(supervisor.run())
    await until(lambda: len(lines) >= 3)
    assert sound.is_running
    supervisor.stop()
    await running
    assert lines[:3] == [
        "broken ended with 3, starting it again in 0.01 s",
        "broken ended with 3, starting it again in 0.02 s",
        "broken ended with 3, starting it again in 0.02 s",
    ]


async def test_second_stop_leaves_a_server_of_data_the_time_to_end(tmp_path: Path) -> None:
    """A killed server of data would have to recover at its next start."""
    may_end = tmp_path / "may-end"
    slow = (
        "import pathlib, signal, sys, time\n"
        "def stop(*_):\n"
        "    while not pathlib.Path(sys.argv[2]).exists():\n"
        "        time.sleep(0.01)  # Until the test lets it end.\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, stop)\n"
        "pathlib.Path(sys.argv[1]).touch()\n"
        "signal.pause()"
    )
    process = program("data", slow, tmp_path, str(tmp_path / "runs"), str(may_end))
    lines: list[str] = []
    supervised = Supervised(process, grace_seconds=600, hurried_seconds=600)
    supervisor = Supervisor([supervised], lines.append, QUICK)
    running = asyncio.create_task(supervisor.run())
    await until((tmp_path / "runs").exists)
    supervisor.stop()
    supervisor.stop()
    await asyncio.sleep(1.5)  # Longer than the time that other processes have.
    assert process.is_running
    may_end.touch()
    await running
    assert process.exit_code == 0
    assert "data stopped" in lines
