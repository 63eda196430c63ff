"""`make run` as people meet it: real processes, real signals; small programs stand in for ours."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import psutil
import pytest
from pymongo import MongoClient

from deploy.servers.ports import find_free_port
from tests.waiting import block_until

API = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()
    def log_message(self, *args): pass
print("listening")
sys.stdout.write("long" * 40_000 + "\\n")
place = (os.environ["MINILAB_HOST"], int(os.environ["MINILAB_PORT"]))
http.server.ThreadingHTTPServer(place, Handler).serve_forever()
"""
WORKER = """
import os, time
names = ["MINILAB_MONGODB_URL", "MINILAB_REDIS_URL", "MINILAB_ADMIN_KEY"]
print("told", *[name for name in names if os.environ.get(name)])
time.sleep(600)  # Until it is ended.
"""
STAND_INS = {"worker": [sys.executable, "-c", WORKER], "api": [sys.executable, "-c", API]}
EVERYTHING = {"mongod", "redis-server", "worker", "api"}
RUN = """
import json, signal, sys
from deploy.run_local import main
# A shell starts what runs in its background with SIGINT ignored, and nohup what it runs with SIGHUP
# ignored: a test run may be both.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
sys.exit(main(json.loads(sys.argv[1])))
"""


@dataclass
class Stack:
    """A supervisor that was started, and what it printed so far."""

    process: subprocess.Popen[str]
    output: Path
    port: int
    data: Path

    @property
    def text(self) -> str:
        return self.output.read_text()

    def wait_for(self, text: str) -> None:
        block_until(lambda: text in self.text or self.process.poll() is not None)
        assert text in self.text

    def children(self) -> dict[str, int]:
        """Process IDs by the name of their program, or by ``api`` and ``worker``."""
        found = {}
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):
                arguments = child.cmdline()
                stand_ins = [name for name, command in STAND_INS.items() if command == arguments]
                program = Path(arguments[0].split()[0]).name if arguments else "gone"
                found[stand_ins[0] if stand_ins else program] = child.pid
        return found


def is_alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def environment(folder: Path, port: int) -> dict[str, str]:
    inherited = {name: v for name, v in os.environ.items() if not name.startswith("MINILAB_")}
    return inherited | {"MINILAB_DATA_DIR": str(folder / "data"), "MINILAB_PORT": str(port)}


@contextmanager
def running(
    folder: Path,
    extra: Mapping[str, str] = MappingProxyType({}),
    commands: Mapping[str, Sequence[str]] = MappingProxyType(STAND_INS),
) -> Iterator[Stack]:
    port = find_free_port()
    output = folder / f"output-{port}.txt"
    with output.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, json.dumps(dict(commands))],
            env=environment(folder, port) | dict(extra),
            stdout=file,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        stack = Stack(process, output, port, folder / "data")
        stack.wait_for("Minilab is ready")
        yield stack
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with running(tmp_path) as started:
        yield started


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """One that is only looked at."""
    with running(tmp_path_factory.mktemp("undisturbed")) as started:
        yield started


def test_greeting_tells_everything_that_a_first_upload_needs(undisturbed: Stack) -> None:
    stack = undisturbed
    key = (stack.data / "admin_key").read_text().strip()
    address = f"http://127.0.0.1:{stack.port}"
    stack.wait_for("Ctrl-C stops")
    assert f"ready at {address}" in stack.text
    assert f"{address}/u#{key}\n" in stack.text
    assert f"{address}/admin\n" in stack.text
    curl = f'curl -H "Authorization: Bearer {key}" -H "Prefer: wait=30"'
    assert f'{curl} -F file=@docs/examples/portrait.jpg "{address}/process"' in stack.text
    assert "worker   | told MINILAB_MONGODB_URL MINILAB_REDIS_URL MINILAB_ADMIN_KEY" in stack.text
    assert "api      | listening" in stack.text
    # A line that is too long comes in pieces, with lines of others in between.
    lines = [line for line in stack.text.splitlines() if line.startswith("api      | ")]
    assert "".join(line.removeprefix("api      | ") for line in lines).count("long") == 40_000


def test_no_password_is_in_the_output_or_a_command_line(undisturbed: Stack) -> None:
    stack = undisturbed
    block_until(lambda: set(stack.children()) == EVERYTHING)
    passwords = [
        (stack.data / f"{name}_password").read_text().strip() for name in ("mongodb", "redis")
    ]
    shown = stack.text
    for pid in (stack.process.pid, *stack.children().values()):
        shown += "\0".join(psutil.Process(pid).cmdline())
    assert not [password for password in passwords if password in shown]


def test_process_that_cannot_use_the_data_stops_everything(tmp_path: Path) -> None:
    refuses = {"api": [sys.executable, "-c", "import sys; print('why'); sys.exit(2)"]}
    answer = run_once(tmp_path, find_free_port(), refuses)
    assert answer.returncode == 2
    assert "api      | why" in answer.stdout
    assert "mongodb stopped" in answer.stdout
    assert "api ended with 2" in answer.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_ends_everything_in_order(stack: Stack, number: signal.Signals) -> None:
    block_until(lambda: set(stack.children()) == EVERYTHING)
    pids = stack.children()
    stack.process.send_signal(number)
    assert stack.process.wait(120) == 0
    assert not [name for name, pid in pids.items() if is_alive(pid)]
    said = [line.split("| ")[1] for line in stack.text.splitlines() if line.endswith("stopped")]
    assert said == ["api stopped", "worker stopped", "redis stopped", "mongodb stopped"]


def test_second_signal_hurries(tmp_path: Path) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf'); "
    # A program that ignores the signal to end, and waits for its end.
    commands = STAND_INS | {"worker": [sys.executable, "-c", deaf + "time.sleep(600)"]}
    with running(tmp_path, commands=commands) as stack:
        stack.wait_for("worker   | deaf")
        stack.process.send_signal(signal.SIGINT)
        stack.wait_for("api stopped")
        stack.process.send_signal(signal.SIGINT)
        assert stack.process.wait(20) == 0
        assert "worker did not end in time and was killed" in stack.text


def test_sigkill_of_the_supervisor_leaves_nothing_behind(stack: Stack) -> None:
    pids = stack.children()
    stack.process.kill()
    block_until(lambda: not any(is_alive(pid) for pid in pids.values()))


def test_what_is_killed_comes_back_with_its_data(stack: Stack, tmp_path: Path) -> None:
    servers = json.loads((tmp_path / "data" / "servers.json").read_text())
    password = (tmp_path / "data" / "mongodb_password").read_text().strip()
    url = f"mongodb://minilab:{password}@127.0.0.1:{servers['mongodb_port']}/?replicaSet=rs0"
    block_until(lambda: set(stack.children()) == EVERYTHING)
    before = stack.children()
    with MongoClient[dict[str, object]](url, w="majority", journal=True) as client:
        client.films.rolls.insert_one({"exposures": 36})
        for pid in before.values():
            os.kill(pid, signal.SIGKILL)
        block_until(lambda: set(stack.children()) == EVERYTHING)
        block_until(lambda: not set(stack.children().values()) & set(before.values()))
        assert client.films.rolls.count_documents({}) == 1
    block_until(lambda: answers(stack.port))
    for name in ("mongodb", "redis", "worker", "api"):
        assert f"minilab  | {name} ended with -9, starting it again in 0.5 s" in stack.text


def test_data_and_key_of_before_are_found_again(tmp_path: Path) -> None:
    with running(tmp_path) as first:
        first.process.send_signal(signal.SIGINT)
        assert first.process.wait(120) == 0
    key = (tmp_path / "data" / "admin_key").read_text().strip()
    with running(tmp_path) as second:
        second.wait_for(f"admin key     {key}")


def test_servers_of_ones_own_are_used(tmp_path: Path) -> None:
    urls = {
        "MINILAB_MONGODB_URL": "mongodb://db.invalid",
        "MINILAB_REDIS_URL": "redis://r.invalid",
    }
    with running(tmp_path, urls) as stack:
        assert set(stack.children()) == {"worker", "api"}


def test_taken_port_is_refused_before_anything_starts(undisturbed: Stack, tmp_path: Path) -> None:
    answer = run_once(tmp_path / "other", undisturbed.port)
    assert answer.returncode == 2
    assert f"port {undisturbed.port} on 127.0.0.1 is taken" in answer.stderr
    assert not (tmp_path / "other" / "data").exists()


def test_second_stack_on_the_same_folder_is_refused(undisturbed: Stack) -> None:
    answer = run_once(undisturbed.data.parent, find_free_port())
    assert answer.returncode == 1
    assert f"in use by another stack (process {undisturbed.process.pid})" in answer.stderr


def test_bad_settings_are_refused(tmp_path: Path) -> None:
    answer = run_once(tmp_path, 0)
    assert answer.returncode == 2
    assert "MINILAB_PORT" in answer.stderr


def run_once(
    folder: Path,
    port: int,
    commands: Mapping[str, Sequence[str]] = MappingProxyType(STAND_INS),
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", RUN, json.dumps(dict(commands))],
        env=environment(folder, port),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def answers(port: int) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}/readyz", timeout=5):
            return True
    except OSError:
        return False
