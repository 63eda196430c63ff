"""Jobs, images and their cells, as values of every layer."""

from datetime import datetime
from enum import StrEnum

import msgspec

from domain.jobs import Status, Tally
from domain.keys import Scope
from domain.learning.models import TRAIN_MODEL, ImagePrediction

USER_DELETION_KEPT_SECONDS = 30 * 24 * 3600
DELETE_USER = "delete_user"
"""The operation of a job that deletes a user; each image of the user is a cell."""


class GpsPolicy(StrEnum):
    """Whether the position of a picture is served or removed."""

    KEEP = "keep"
    STRIP = "strip"


class ItemError(msgspec.Struct, frozen=True):
    """The reason, as code and one sentence, why an image or a cell has no result."""

    code: str
    detail: str


class Cell(msgspec.Struct, frozen=True):
    """One image × one operation.

    Attributes:
        status: Never ``partial``.
        version: Version of the operation that made the result; None until there is one.
    """

    status: Status
    version: int | None = None
    error: ItemError | None = None


class Item(msgspec.Struct, frozen=True):
    """One file of a job, in upload order: an image, or a file that was refused.

    Attributes:
        index: Position among the files of the request, from 0.
        filename: Name as uploaded, without folders.
        image_id: None if the file was refused.
        duplicate_of: An earlier image of the same owner with the same bytes.
        warnings: Codes of what was wrong with the file, which has results all the same.
    """

    index: int
    filename: str
    status: Status
    cells: dict[str, Cell]
    image_id: str | None = None
    duplicate_of: str | None = None
    error: ItemError | None = None
    warnings: tuple[str, ...] = ()


class Job(msgspec.Struct, frozen=True):
    """The work of one request.

    Attributes:
        version: Increases by one with every change that a reader can see.
        created_at: Time of acceptance, UTC.
        finished_at: End of the last cell, UTC.
        operations: In canonical order.
        tally: All cells, including those of refused files.
        marks: As stored; see :mod:`domain.marks`.
        by_url: Whether its files were fetched, or are.
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
    marks: tuple[str, ...] = ()
    by_url: bool = False

    @property
    def deletes_user(self) -> bool:
        """Whether the job deletes a user."""
        return self.operations == (DELETE_USER,)

    @property
    def trains_model(self) -> bool:
        """Whether the job trains a model."""
        return self.operations == (TRAIN_MODEL,)


class Image(msgspec.Struct, frozen=True):
    """One upload of one file by one user.

    Attributes:
        key_id: The key, or the link, of its upload.
        sha256: The blob that holds its bytes, as 64 hex digits.
        format: Detected from the bytes.
        uploaded_at: Time of acceptance, UTC.
        finished_at: End of its last cell, UTC.
        gps: Whether its position may be served.
        link_id: The link of its upload; None for a key.
        variants: The variants that were served of it, as ``grayscale/v1``.
        marks: As stored; see :mod:`domain.marks`.
        labels: The latest value of each task.
        predictions: One of each task that has a live model.
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
    variants: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    labels: dict[str, str] = {}
    predictions: tuple[ImagePrediction, ...] = ()


def refused_item(index: int, filename: str, error: ItemError, operations: tuple[str, ...]) -> Item:
    """Create the item of a refused file; every cell has the same error."""
    cells = dict.fromkeys(operations, Cell(Status.FAILED, error=error))
    return Item(index, filename, Status.FAILED, cells, error=error)


class JobState(msgspec.Struct, frozen=True):
    """A job with its items, in upload order."""

    job: Job
    items: list[Item]


class JobFilter(msgspec.Struct, frozen=True):
    """The condition of a list of jobs.

    Attributes:
        status: None: any.
        before: Only jobs older than this one; None: all.
        marks: As stored; only jobs that have all of them.
    """

    scope: Scope
    status: Status | None = None
    before: str | None = None
    marks: tuple[str, ...] = ()


class ImageHistogram(msgspec.Struct, frozen=True):
    """An image and its 256 counts, packed by :func:`domain.images.values.unpack_bins`."""

    image_id: str
    uploaded_at: datetime
    packed: bytes
