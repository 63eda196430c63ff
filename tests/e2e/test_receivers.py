"""The receivers that the documentation shows: each runs, and takes what is signed rightly."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from standardwebhooks import Webhook

from deploy.servers.ports import accepts_connections, find_free_port
from domain.webhooks.signing import signed_headers, webhook_secret
from tests.service import REPOSITORY
from tests.waiting import until

EXAMPLES = REPOSITORY / "docs" / "examples" / "receivers"
SECRET, OTHER = webhook_secret(b"1" * 32), webhook_secret(b"2" * 32)
BODY = json.dumps(
    {
        "type": "job.finished",
        "timestamp": "2026-11-21T09:30:01Z",
        "data": {"job_id": "j1", "note": "größer", "url": "https://minilab.example/v1/jobs/j1"},
    },
    ensure_ascii=False,
).encode()
GO_CACHE = REPOSITORY / ".pytest_cache" / "go"
"""For all runs of the tests: to compile Go's own packages takes 10 s of processor time."""
VECTOR_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
VECTOR_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
VECTOR_TIME = datetime.fromtimestamp(1614265330, UTC)
VECTOR_BODY = '{"test": 2432232314}'
VECTOR_SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def find_program(name: str) -> str:
    """Find a program, in the environment of the tests or on the machine, or skip the test."""
    beside = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    found = shutil.which(name, path=beside)
    if found is None:
        pytest.skip(f"{name} is not on this machine")
    return found


def build(language: str, folder: Path) -> list[str]:
    """Install or build the receiver of a language in a folder, and give what starts it."""
    shutil.copytree(EXAMPLES / language.removesuffix("-offline"), folder, dirs_exist_ok=True)
    match language:
        case "python":
            return [sys.executable, "receiver.py"]
        case "node":
            node, npm = find_program("node"), find_program("npm")
            path = f"{Path(node).parent}{os.pathsep}{os.environ['PATH']}"
            options = ["--ignore-scripts", "--no-audit", "--no-fund"]
            run([npm, "ci", *options], folder, PATH=path)
            return [node, "receiver.js"]
        case _:
            return build_go(folder, is_offline=language == "go-offline")


def build_go(folder: Path, *, is_offline: bool) -> list[str]:
    """Build the receiver in Go, on the reference library or on the package for machines offline."""
    go, environ = find_program("go"), {"GOCACHE": str(GO_CACHE), "GOTOOLCHAIN": "local"}
    if is_offline:
        environ |= {"GOPROXY": "off", "GOFLAGS": "-modfile=offline.mod"}
        # The test vector is too old for a receiver that runs; the package's own test has it.
        said = run([go, "test", "-v", "./..."], folder / "offline", **environ | {"GOFLAGS": ""})
        assert "PASS: TestVerifiesTheTestVector" in said
    elif not can_fetch_modules(go, folder):
        pytest.skip("the Go module of the reference library cannot be fetched from here")
    run([go, "vet", "."], folder, **environ)
    run([go, "build", "-o", "receiver"], folder, **environ)
    return [str(folder / "receiver")]


def can_fetch_modules(go: str, folder: Path) -> bool:
    """Fetch the Go modules that a folder names; say whether they are there."""
    command = [go, "mod", "download"]
    try:
        return subprocess.run(command, cwd=folder, check=False, timeout=20).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def run(command: list[str], folder: Path, **environ: str) -> str:
    """Run a program to its end, which must be a good one, and give what it said."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | environ,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def start(command: list[str], folder: Path) -> subprocess.Popen[bytes]:
    """Start a receiver; what it says is in the file ``output``."""
    environ = {"PATH": os.environ["PATH"], "MINILAB_WEBHOOK_SECRET": SECRET}
    with (folder / "output").open("wb") as output:
        # The program can be a script that starts the real one: a session holds both.
        return subprocess.Popen(
            command, cwd=folder, env=environ, stdout=output, start_new_session=True
        )


class Receiver:
    """A receiver that runs.

    Args:
        url: Where.
        output: What it says.
    """

    def __init__(self, url: str, output: Path) -> None:
        self._url = url
        self._output = output

    async def take(self, headers: dict[str, str], body: bytes = BODY) -> int:
        """Deliver something, and give the status of the answer."""
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            return (await client.post(self._url, content=body, headers=headers)).status_code

    @property
    def lines(self) -> list[str]:
        """What it has handled."""
        return self._output.read_text().splitlines()


@pytest_asyncio.fixture(scope="module", params=["python", "node", "go", "go-offline"])
async def receiver(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Receiver]:
    """Each of the receivers in turn."""
    folder = tmp_path_factory.mktemp(request.param)
    command, port = build(request.param, folder), find_free_port()
    process = start([*command, str(port)], folder)
    try:
        await until(lambda: accepts_connections(port))
        yield Receiver(f"http://127.0.0.1:{port}/hooks", folder / "output")
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def sign(
    *secrets: str, message_id: str = "msg_1", age: float = 0, body: bytes = BODY
) -> dict[str, str]:
    """Sign a delivery as the service does."""
    at = datetime.now(UTC) - timedelta(seconds=age)
    return signed_headers(message_id, at, body, secrets or [SECRET])


async def test_genuine_delivery_is_handled_once(receiver: Receiver) -> None:
    for _ in range(2):
        assert await receiver.take(sign(message_id="msg_once")) == 204
    told = "job.finished msg_once https://minilab.example/v1/jobs/j1"
    assert receiver.lines.count(told) == 1


@pytest.mark.parametrize("secrets", [(SECRET, OTHER), (OTHER, SECRET)])
async def test_either_signature_is_accepted_during_a_rotation(
    receiver: Receiver, secrets: tuple[str, str]
) -> None:
    assert await receiver.take(sign(*secrets)) == 204
    reference = Webhook(SECRET)
    assert reference.verify(BODY, sign(*secrets))["type"] == "job.finished"


async def test_what_was_tampered_with_is_refused(receiver: Receiver) -> None:
    genuine = sign()
    assert await receiver.take(genuine, BODY.replace(b"j1", b"j2")) == 400
    assert await receiver.take(genuine | {"webhook-id": "msg_2"}) == 400
    assert await receiver.take(sign(OTHER)) == 400
    for name in genuine:
        assert await receiver.take({key: genuine[key] for key in genuine if key != name}) == 400
    earlier = str(int(genuine["webhook-timestamp"]) - 1)
    assert await receiver.take(genuine | {"webhook-timestamp": earlier}) == 400
    for junk in ("", "v1", "v1,", "v1,???", "v2," + genuine["webhook-signature"][3:], "junk junk"):
        assert await receiver.take(genuine | {"webhook-signature": junk}) == 400, junk


@pytest.mark.parametrize("age", [-600, 600, 1e9])
async def test_delivery_of_another_time_is_refused(receiver: Receiver, age: float) -> None:
    assert await receiver.take(sign(age=age)) == 400
    assert await receiver.take(sign() | {"webhook-timestamp": "soon"}) == 400


async def test_what_no_event_is_as_large_as_is_not_read(receiver: Receiver) -> None:
    large = b" " * (128 * 1024)
    with suppress(httpx.TransportError):  # It may hang up on who is still sending.
        assert await receiver.take(sign(body=large), large) == 413
    assert await receiver.take(sign()) == 204


def test_documentation_shows_what_is_tested() -> None:
    files = [path for path in EXAMPLES.rglob("*") if path.suffix in {".py", ".js", ".go"}]
    code = [path.read_text() for path in files]
    document = (REPOSITORY / "docs" / "webhooks.md").read_text()
    shown = re.findall(r"```(?:python|js|go)\n(.*?)```", document, re.DOTALL)
    assert len(shown) == 3
    for block in shown:
        assert any(block in text for text in code), block


def test_reference_libraries_agree_with_the_test_vector(tmp_path: Path) -> None:
    signature = Webhook(VECTOR_SECRET).sign(VECTOR_ID, VECTOR_TIME, VECTOR_BODY)
    assert signature == VECTOR_SIGNATURE
    ours = signed_headers(VECTOR_ID, VECTOR_TIME, VECTOR_BODY.encode(), [VECTOR_SECRET])
    assert ours["webhook-signature"] == VECTOR_SIGNATURE
    node, _ = build("node", tmp_path)
    script = (
        'import { Webhook } from "standardwebhooks";'
        f"console.log(new Webhook({json.dumps(VECTOR_SECRET)}).sign({json.dumps(VECTOR_ID)},"
        f"new Date({int(VECTOR_TIME.timestamp())}000), {json.dumps(VECTOR_BODY)}));"
    )
    said = run([node, "--input-type=module", "--eval", script], tmp_path)
    assert said.strip() == VECTOR_SIGNATURE
