"""Status of jobs, images and cells, and the division of a job into chunks."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec


class Status(StrEnum):
    """Status of a job, an image or a cell."""

    QUEUED = "queued"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELED = "canceled"


TERMINAL = frozenset({Status.SUCCEEDED, Status.PARTIAL, Status.FAILED, Status.CANCELED})


class Tally(msgspec.Struct, frozen=True):
    """Number of cells by state.

    Attributes:
        waiting: Cells that no worker has claimed.
        running: Cells that a worker has claimed.
        refused: Cells of files that were refused at the upload.
    """

    succeeded: int = 0
    failed: int = 0
    canceled: int = 0
    waiting: int = 0
    running: int = 0
    refused: int = 0

    @classmethod
    def of(cls, cells: Mapping[Status, int], refused: int = 0) -> "Tally":
        """Return the tally of cells that were counted by status."""
        return cls(
            succeeded=cells.get(Status.SUCCEEDED, 0),
            failed=cells.get(Status.FAILED, 0),
            canceled=cells.get(Status.CANCELED, 0),
            waiting=cells.get(Status.QUEUED, 0),
            running=cells.get(Status.PROCESSING, 0),
            refused=refused,
        )

    @property
    def total(self) -> int:
        """All cells."""
        return sum(msgspec.structs.astuple(self))


def roll_up(tally: Tally) -> Status:
    """Combine the cells of an image, or of a whole job, into one status.

    It is ``queued`` until the first cell is claimed, and ``processing`` until the last one has
    ended; then ``canceled`` if any cell was canceled, ``succeeded`` or ``failed`` if all agree,
    else ``partial``. An empty tally is canceled: all its images have been deleted.
    """
    ended = tally.succeeded + tally.failed + tally.canceled
    if tally.waiting or tally.running:
        started = tally.running or ended
        return Status.PROCESSING if started else Status.QUEUED
    if tally.canceled or not tally.total:
        return Status.CANCELED
    if tally.succeeded and (tally.failed or tally.refused):
        return Status.PARTIAL
    return Status.SUCCEEDED if tally.succeeded else Status.FAILED


class ChunkPlan(msgspec.Struct, frozen=True):
    """Size of the part of a job that one task takes.

    A task per image would spend more on the queue than on a small image; a task per job would
    leave other workers idle. Equal files share a chunk, so that their bytes are decoded once.
    A single image may exceed ``max_bytes``.
    """

    max_images: int = 25
    max_bytes: int = 12 * 1024 * 1024


def plan_chunks(files: Sequence[tuple[str, int]], plan: ChunkPlan) -> list[int]:
    """Assign each file of a job to a chunk of work.

    Args:
        files: SHA-256 and size in bytes of each file, in upload order.

    Returns:
        The chunk number of each file, from 0, in the order of ``files``.
    """
    chunk_of_hash: dict[str, int] = {}
    number, images, used = 0, 0, 0
    for sha256, size in files:
        if sha256 in chunk_of_hash:
            continue
        if images and (images >= plan.max_images or used + size > plan.max_bytes):
            number, images, used = number + 1, 0, 0
        images, used = images + 1, used + size
        chunk_of_hash[sha256] = number
    return [chunk_of_hash[sha256] for sha256, _ in files]


def group_for_children(count: int, children: int, most: int) -> Iterable[slice]:
    """Divide `count` images into groups for child processes that work in parallel.

    Returns:
        Slices that cover ``range(count)`` in order, of nearly equal length, at most `most`.
    """
    size = max(1, min(most, -(-count // children)))
    return [slice(start, start + size) for start in range(0, count, size)]


class ChunkHint(msgspec.Struct, frozen=True):
    """A chunk of a job for a worker to check.

    Attributes:
        number: Number of earlier hints that a worker lost; not reused.
        user_id: The user in the fair queue.
        units: The work, in small images.
    """

    job_id: str
    chunk: int
    number: int = 0
    user_id: str = ""
    units: float = 1.0

    @property
    def id(self) -> str:
        """Its ID in the queue: arq refuses one that is there already."""
        return f"{self.job_id}:{self.chunk}:{self.number}"

    @property
    def position(self) -> str:
        """Its place among the work of its user; job IDs are in the order of acceptance."""
        return f"{self.job_id}:{self.chunk:06}"


def read_hint_id(hint_id: str) -> ChunkHint:
    """Parse the ID of a hint, which does not contain the user."""
    job_id, chunk, number = hint_id.rsplit(":", 2)
    return ChunkHint(job_id, int(chunk), int(number))
