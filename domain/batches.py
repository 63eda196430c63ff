"""Batches: work over many stored images, which admins start and idle workers do."""

from datetime import datetime
from typing import Any

import msgspec

from domain.image_search import ImageFilter
from domain.jobs import Status
from domain.records import ItemError

CHECK_HASHES = "check_hashes"
"""Reads the bytes of each image, and compares their hash."""
REMOVE = "remove"
"""Deletes the images."""
MOVE_BYTES = "move_bytes"
"""Moves the bytes of each image to another store."""
OTHER_OPERATIONS = (CHECK_HASHES, MOVE_BYTES, REMOVE)
"""Besides those of images, which are computed."""

BATCH_KEPT_SECONDS = 90 * 24 * 3600
MOST_OPEN = 100
MOST_FAILURES = 20
"""Failed images that a batch names; it counts all."""
TOO_MANY_SELECTED = "too_many_selected"
CORRUPT_BYTES = "corrupt_bytes"


class BatchOrder(msgspec.Struct, frozen=True):
    """What is to be done, with which images.

    Attributes:
        operation: One of ``OTHER_OPERATIONS``, or an operation of images.
        force: Whether results are made again that exist in the present version.
        sizes: Names of the sizes to make; see :mod:`domain.images.sizes`.
        dry_run: Whether the images are only counted.
        max_images: If more are selected, nothing is done.
        store: Where bytes are moved to; see :mod:`domain.ports`.
    """

    operation: str
    filter: ImageFilter
    force: bool = False
    sizes: tuple[str, ...] = ()
    dry_run: bool = False
    max_images: int | None = None
    store: str = ""


class BatchFailure(msgspec.Struct, frozen=True):
    """An image on which the operation failed."""

    image_id: str
    code: str
    detail: str


class Batch(msgspec.Struct, frozen=True):
    """A batch and its progress.

    Attributes:
        request: The body of the request, as it was understood.
        version: Increases with every change.
        selected: Number of images; None until they are counted. The end sets it to those that
            were still there.
        size_bytes: Size of their files; None until they are counted.
        done: Images that are as the operation leaves them.
        unchanged: Those among them that were so before.
        failed: Images on which the operation failed.
        errors: Their number by the code of the error.
        failures: The last of them.
        error: Why the batch failed as a whole.
    """

    id: str
    key_id: str
    created_at: datetime
    status: Status
    version: int
    request: dict[str, Any]
    order: BatchOrder
    finished_at: datetime | None = None
    selected: int | None = None
    size_bytes: int | None = None
    done: int = 0
    unchanged: int = 0
    failed: int = 0
    errors: dict[str, int] = {}
    failures: tuple[BatchFailure, ...] = ()
    error: ItemError | None = None


class PieceResult(msgspec.Struct):
    """What became of the images of a piece.

    Attributes:
        unchanged: IDs of images that needed no work.
        changed: IDs of those that did.
        failed: The errors of the others, by ID.
    """

    unchanged: set[str] = msgspec.field(default_factory=set)
    changed: set[str] = msgspec.field(default_factory=set)
    failed: dict[str, ItemError] = msgspec.field(default_factory=dict)
