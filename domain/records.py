"""What is remembered: jobs, images, blobs, as values that every layer can hold."""

from datetime import datetime
from enum import StrEnum

import msgspec

from domain.jobs import Status, Tally
from domain.keys import Scope

USER_DELETION_KEPT_SECONDS = 30 * 24 * 3600
DELETE_USER = "delete_user"
"""The one operation of a job that deletes a user; each of his images is a cell of it."""


class GpsPolicy(StrEnum):
    """What becomes of the place that a picture was taken at."""

    KEEP = "keep"
    STRIP = "strip"


class ItemError(msgspec.Struct, frozen=True):
    """Why an image, or one of its cells, has no result.

    Attributes:
        code: Stable code of a class in ``domain/errors/base.py``.
        detail: One sentence for people.
    """

    code: str
    detail: str


class Cell(msgspec.Struct, frozen=True):
    """One image × one operation.

    Attributes:
        status: Where the cell stands; never ``partial``.
        version: Version of the operation that made the result; None until there is one.
        error: Why it failed.
    """

    status: Status
    version: int | None = None
    error: ItemError | None = None


class Item(msgspec.Struct, frozen=True):
    """One file of a job, in upload order: an image, or a file that was refused.

    Attributes:
        index: Position among the files of the request, from 0.
        filename: Name as uploaded, without folders.
        status: The cells rolled up.
        cells: A cell for each operation of the job.
        image_id: None where the file was refused.
        duplicate_of: An earlier image of the same owner with the same bytes.
        error: Why the whole file failed or was refused.
    """

    index: int
    filename: str
    status: Status
    cells: dict[str, Cell]
    image_id: str | None = None
    duplicate_of: str | None = None
    error: ItemError | None = None


class Job(msgspec.Struct, frozen=True):
    """What one request asked for.

    Attributes:
        id: UUIDv7.
        user_id: Whose images these are.
        key_id: The key that it came in through.
        status: All cells rolled up.
        version: Grows by one with every change that a reader can see.
        created_at: When the ticket was given, UTC.
        finished_at: When the last cell ended, UTC.
        operations: What was asked for, in canonical order.
        tally: All cells, those of refused files included.
    """

    id: str
    user_id: str
    key_id: str
    status: Status
    version: int
    created_at: datetime
    finished_at: datetime | None
    operations: tuple[str, ...]
    tally: Tally

    @property
    def deletes_user(self) -> bool:
        """Whether it removes images rather than working on them."""
        return self.operations == (DELETE_USER,)


class Image(msgspec.Struct, frozen=True):
    """One upload of one file by one user.

    Attributes:
        id: UUIDv7.
        job_id: The job that it came in with.
        user_id: Whose image it is.
        key_id: The key that it came in through; the link, where it was one.
        sha256: The blob that holds its bytes, as 64 hex digits.
        filename: Name as uploaded, without folders.
        format: Sniffed from the bytes.
        size_bytes: Size of the file.
        uploaded_at: When it was accepted, UTC.
        finished_at: When its last cell ended, UTC.
        item: Its place and its cells in the job.
        gps: Whether anything that is served of it may tell where it was taken.
        link_id: The link that it came in through; None where it was a key.
    """

    id: str
    job_id: str
    user_id: str
    key_id: str
    sha256: str
    filename: str
    format: str
    size_bytes: int
    uploaded_at: datetime
    finished_at: datetime | None
    item: Item
    gps: GpsPolicy = GpsPolicy.KEEP
    link_id: str | None = None


def refused_item(index: int, filename: str, error: ItemError, operations: tuple[str, ...]) -> Item:
    """Make the item of a file that was refused: every cell has failed for the same reason."""
    cell = Cell(Status.FAILED, error=error)
    return Item(
        index=index,
        filename=filename,
        status=Status.FAILED,
        cells=dict.fromkeys(operations, cell),
        error=error,
    )


class JobState(msgspec.Struct, frozen=True):
    """A job with everything that its document shows.

    Attributes:
        job: The job.
        items: Its items, in upload order.
    """

    job: Job
    items: list[Item]


class JobFilter(msgspec.Struct, frozen=True):
    """The condition of a list of jobs.

    Attributes:
        scope: Scope of the caller.
        status: Status of the jobs; None for any.
        before: ID of a job; only older jobs are listed. None for the first page.
    """

    scope: Scope
    status: Status | None = None
    before: str | None = None


class ImageHistogram(msgspec.Struct, frozen=True):
    """An image and its histogram.

    Attributes:
        image_id: The image.
        uploaded_at: UTC.
        packed: 256 counts, packed by :func:`domain.images.values.pack_bins`.
    """

    image_id: str
    uploaded_at: datetime
    packed: bytes
