"""Finds files, divides them into requests, and sends each request until it is answered."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from rich.progress import Progress, TaskID

from cli.interruption import remember_job, set_hint
from cli.marks import NAMES
from cli.session import Session

if TYPE_CHECKING:
    from minilab_client.models import CreateJobBody, Job, Limits

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
_HINT = "The request that was being sent may have been accepted, too: `minilab jobs list` shows it."


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

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move, as a request does that is sent again; the bar moves back."""
        before = self.tell()
        now = super().seek(offset, whence)
        self._bars.advance(self._bar, now - before)
        return now


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
    session: Session, files: Sequence[Chosen], body: CreateJobBody, bars: Progress, bar: TaskID
) -> Job:
    """Send one request until the service has answered it.

    Every try has the same idempotency key, so that no file is stored twice if an answer is lost.

    Raises:
        ApiError: The service refused the request.
        ConnectionFailed: Every try failed.
    """
    from attrs import evolve

    from minilab_client import File

    set_hint(_HINT)
    before = bars.tasks[bar]
    with ExitStack() as opened:
        parts = [
            File(opened.enter_context(_Counted(file.path, bars, bar)), file.path.name)
            for file in files
        ]
        job: Job = session.patient.jobs.create_job(body=evolve(body, files=parts))
    remember_job(job.id)
    set_hint("")
    bars.update(bar, files=before.fields["files"] + len(files))
    return job


def send_urls(session: Session, urls: Sequence[str], chosen: Mapping[str, Any]) -> Job:
    """Ask the service to fetch files by their URLs.

    Args:
        session: The session.
        urls: The URLs.
        chosen: The fields of the upload and its marks, as the options give them.

    Raises:
        ApiError: The service refused the request.
    """
    from minilab_client.models import CreateJobFromUrlsBody

    fields = {name: value for name, value in chosen.items() if name not in NAMES}
    fields |= {"external_id": chosen["external_id"], "tags": list(chosen["tag"]) or None}
    fields |= {"attributes": dict(chosen["attribute"]) or None, "urls": list(urls)}
    if fields["operations"]:
        fields["operations"] = fields["operations"].split(",")
    if fields["gps"]:
        fields["gps"] = fields["gps"].value
    named = {name: value for name, value in fields.items() if value is not None}
    set_hint(_HINT)
    body = CreateJobFromUrlsBody.from_dict(named)
    job = session.patient.jobs.create_job_from_urls(body=body)
    remember_job(job.id)
    set_hint("")
    return job
