"""The stage of clients that are tried: a service, a picture, a document with an unknown value."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from openapi.openapi_generator import SETTINGS
from openapi.programs import run

START_SECONDS = 120
STOP_SECONDS = 180


@dataclass(frozen=True)
class Stage:
    """The arguments of the programs in ``programs/``, and a folder for what is built."""

    url: str
    key: str
    picture: Path
    document: Path
    folder: Path

    def play(self, *command: str | Path) -> str:
        """Run a program, and return what it prints."""
        return run(*command, self.url, self.key, self.picture, self.document)


@contextmanager
def set_stage(folder: Path) -> Iterator[Stage]:
    """Start the service with data in a folder; it ends with the context."""
    key = secrets.token_urlsafe(32)
    with _service(folder / "data", key) as url:
        yield Stage(url, key, _picture(folder), _document(folder), folder)


def _picture(folder: Path) -> Path:
    path = folder / "gradient.jpg"
    Image.linear_gradient("L").convert("RGB").save(path)
    return path


def _document(folder: Path) -> Path:
    """Write a job of a later version: an unknown status, and a field that this one has not."""
    job = json.loads((SETTINGS / "examples/getJob.200.json").read_text())
    path = folder / "job.json"
    path.write_text(json.dumps(job | {"status": "resting", "mood": "calm"}))
    return path


@contextmanager
def _service(data: Path, key: str) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    inherited = {name: v for name, v in os.environ.items() if not name.startswith("MINILAB_")}
    settings = {
        "MINILAB_DATA_DIR": str(data),
        "MINILAB_PORT": str(port),
        "MINILAB_ADMIN_KEY": key,
    }
    command: Sequence[str] = (sys.executable, "-m", "deploy.run_local")
    log = data.with_suffix(".log")
    with log.open("w") as output:
        service = subprocess.Popen(
            command,
            env=inherited | settings,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd=SETTINGS.parent,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url, service, log)
        yield url
    finally:
        service.send_signal(signal.SIGINT)
        service.wait(STOP_SECONDS)


def _wait_for(url: str, service: subprocess.Popen[bytes], log: Path) -> None:
    ends = time.monotonic() + START_SECONDS
    while service.poll() is None and time.monotonic() < ends:
        try:
            with urllib.request.urlopen(f"{url}/readyz"):  # noqa: S310 -- an address of ours
                return
        except urllib.error.URLError:
            time.sleep(0.2)
    sys.exit(f"the service did not start:\n{log.read_text()}")
