"""Finds files, divides them into requests, and sends each request until it is answered."""

import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from io import FileIO
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import click
import httpx
from attrs import evolve
from rich.progress import Progress, TaskID

from cli.session import Session, UnreachableError, answer_of
from minilab_client.api.jobs import create_job
from minilab_client.models import CreateJobBody, Job, Limits
from minilab_client.types import File

# Folders are searched for these; a named file is sent whatever its suffix.
SUFFIXES = {
    *(".avif", ".bmp", ".dib", ".gif", ".heic", ".heif", ".hif", ".jfif", ".jpe", ".jpeg", ".jpg"),
    *(".png", ".tif", ".tiff", ".webp"),
}
# Small, so that little is sent again after a broken connection.
REQUEST_FILES = 50
REQUEST_BYTES = 64 * 1024 * 1024
# The name, type and boundary of a part.
PART_OVERHEAD_BYTES = 1024
TRIES = 6
_MOST_PAUSE_SECONDS = 30.0


class Chosen(NamedTuple):
    """A file to send."""

    path: Path
    size_bytes: int


def choose(paths: Iterable[Path]) -> list[Chosen]:
    """Find the files to send: named ones, and images without hidden names in folders.

    Raises:
        UsageError: There is no file to send.
    """
    chosen: dict[Path, Chosen] = {}
    for path in paths:
        for file in _pictures(path) if path.is_dir() else [path]:
            found = file.stat()
            if stat.S_ISREG(found.st_mode):
                chosen.setdefault(file, Chosen(file, found.st_size))
    if not chosen:
        raise click.UsageError("there is no image to upload")
    return list(chosen.values())


class _Counted(FileIO):
    """A file that advances a progress bar when it is read."""

    def __init__(self, path: Path, bars: Progress, bar: TaskID) -> None:
        super().__init__(path)
        self._bars = bars
        self._bar = bar

    def read(self, size: int | None = -1, /) -> bytes:
        """Read at most `size` bytes."""
        read = super().read(size)
        self._bars.advance(self._bar, len(read or b""))
        return read


def _pictures(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix.lower() in SUFFIXES and not hidden:
            yield path


def divide(files: Iterable[Chosen], limits: Limits) -> list[list[Chosen]]:
    """Divide files into requests, in their order.

    A file over the limit of a request is sent alone, and the service refuses it.
    """
    most_files = min(REQUEST_FILES, limits.max_files)
    most_bytes = min(REQUEST_BYTES, limits.max_request_bytes)
    requests: list[list[Chosen]] = []
    room = 0
    for file in files:
        cost = file.size_bytes + PART_OVERHEAD_BYTES
        if not requests or len(requests[-1]) == most_files or cost > room:
            requests.append([])
            room = most_bytes
        requests[-1].append(file)
        room -= cost
    return requests


def send(
    session: Session, files: Sequence[Chosen], fields: CreateJobBody, bars: Progress, bar: TaskID
) -> Job:
    """Send one request until the service has answered it.

    Every try has the same idempotency key, so that no file is stored twice if an answer is lost.

    Raises:
        RefusedError: The service refused the request.
        UnreachableError: Every try failed.
    """
    key = str(uuid4())
    sent_before = bars.tasks[bar].completed
    for left in reversed(range(TRIES)):
        bars.update(bar, completed=sent_before)
        pause = 2.0 ** (TRIES - 1 - left)
        with ExitStack() as opened:
            parts = [
                File(opened.enter_context(_Counted(file.path, bars, bar)), file.path.name)
                for file in files
            ]
            body = evolve(fields, files=parts)
            try:
                response = create_job.sync_detailed(
                    client=session.client, body=body, idempotency_key=key
                )
                job = answer_of(Job, response)
            except httpx.TransportError:
                if not left:
                    raise
            except UnreachableError:
                if not left:
                    raise
                pause = float(response.headers.get("Retry-After") or pause)
            else:
                bars.update(bar, completed=sent_before + sum(file.size_bytes for file in files))
                return job
        time.sleep(min(pause, _MOST_PAUSE_SECONDS))
    raise AssertionError("the last try returns or raises")
