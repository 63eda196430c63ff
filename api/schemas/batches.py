"""Schemas of batches."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec

from api.http.bodies import JsonBody, Rules
from api.schemas.batch_filters import BatchFilterView
from api.schemas.jobs import FailureView, view_error
from api.schemas.views import view_of
from domain.batches import MOVE_BYTES, OTHER_OPERATIONS, REMOVE, Batch, BatchOrder
from domain.errors.faults import Faults
from domain.errors.requests import InvalidValue, UnknownOperation
from domain.images.operations import ALL_OPERATIONS, THUMBNAIL
from domain.images.sizes import PictureFormat, Size
from domain.jobs import Status
from domain.keys import Caller
from domain.ports import GRIDFS, S3

MAX_COUNT = 2**53 - 1


class BatchStore(StrEnum):
    """Where bytes of images can be."""

    GRIDFS = GRIDFS
    S3 = S3


class BatchRequest(JsonBody, frozen=True):
    """A batch to start: what is to be done, with which images."""

    operation: Annotated[str, msgspec.Meta(max_length=64)]
    """An operation of the capabilities, which is computed where it is missing or of an older
    version: `metadata`, `histogram`, `faces`, `fingerprint`, `thumbnail`, and with
    learning `quality` and `embedding`. With `widths` or
    `formats`, `thumbnail` makes these sizes ahead of their first request. `check_hashes`: reads all
    bytes and compares their hash. `move_bytes`: moves the bytes to `store`. `remove`: deletes the
    images."""
    filter: BatchFilterView | None = None
    """The images; without it, all. Images that wait or are processed are never among them, nor
    those that are uploaded after the request."""
    force: bool = False
    """Compute results anew that exist in the present version."""
    widths: Annotated[list[int], msgspec.Meta(max_length=16)] | None = None
    """Widths in pixels of the sizes to make; the settings of the service list the allowed ones.
    No picture is larger than its original. Without widths, the formats are made at full size."""
    formats: Annotated[list[PictureFormat], msgspec.Meta(max_length=3)] | None = None
    """Formats of the sizes to make; WebP by default."""
    dry_run: bool = False
    """Only count the images and their bytes."""
    max_images: Annotated[int, msgspec.Meta(ge=1, le=MAX_COUNT)] | None = None
    """If the filter selects more images than this, the batch fails and nothing is done. Required
    for `remove` without `dry_run`: send what a dry run has counted."""
    store: BatchStore | None = None
    """Where `move_bytes` moves the bytes to: into MongoDB (`gridfs`), or those of large files into
    the bucket (`s3`). Required for it."""

    def check(self, rules: Rules) -> None:
        """Check the operation, and that the fields suit it.

        Raises:
            InvalidValue: Fields cannot be used.
        """
        faults = Faults()
        usable = {name for name in self.__struct_fields__ if name not in rules.unusable}
        if "operation" in usable:
            self._check_operation(faults, usable)
        faults.check()

    def order(
        self, caller: Caller, now: datetime, widths: Sequence[int], *, has_bucket: bool
    ) -> BatchOrder:
        """Return the order of this request.

        Raises:
            InvalidValue: The filter, a width that the service does not make, or a bucket that it
                does not have, cannot be used.
        """
        if self.store is BatchStore.S3 and not has_bucket:
            raise InvalidValue("s3 is only for a service with a bucket.", "store")
        try:
            wanted = (self.filter or BatchFilterView()).read(caller, now)
        except InvalidValue as error:
            faults = {f"filter/{name}": detail for name, detail in error.faults.items()}
            raise InvalidValue(error.detail, faults=faults) from error
        for width in self.widths or ():
            if width not in widths:
                made = ", ".join(map(str, widths)) or "none"
                raise InvalidValue(f"widths may have these values: {made}.", "widths")
        wanted_widths: Sequence[int | None] = self.widths or ([None] if self.formats else [])
        sizes = [
            Size(picture_format, width).name
            for width in wanted_widths
            for picture_format in self.formats or [PictureFormat.WEBP]
        ]
        return BatchOrder(
            operation=self.operation,
            filter=wanted,
            force=self.force,
            sizes=tuple(dict.fromkeys(sizes)),
            dry_run=self.dry_run,
            max_images=self.max_images,
            store=self.store or "",
        )

    def _check_operation(self, faults: Faults, usable: set[str]) -> None:
        with faults.of("operation"):
            known = (*ALL_OPERATIONS, *OTHER_OPERATIONS)
            if self.operation not in known:
                raise UnknownOperation(f"known are {', '.join(known)}.")
        makes_sizes = bool(self.widths or self.formats)
        for name in ("widths", "formats"):
            with faults.of(name):
                if name in usable and getattr(self, name) and self.operation != THUMBNAIL:
                    raise InvalidValue("only thumbnail makes sizes.")
        with faults.of("store"):
            if "store" in usable and (self.store is None) is (self.operation == MOVE_BYTES):
                raise InvalidValue("is required for move_bytes, and only for it.")
        with faults.of("force"):
            if self.force and (makes_sizes or self.operation in OTHER_OPERATIONS):
                raise InvalidValue("is for operations whose results are computed.")
        with faults.of("max_images"):
            is_bounded = self.dry_run or self.max_images is not None
            if self.operation == REMOVE and not is_bounded and "max_images" in usable:
                raise InvalidValue("is required to remove images: send what a dry run counted.")


class BatchFailureView(msgspec.Struct, frozen=True):
    """An image on which the operation failed."""

    image_id: str
    code: str
    """An error code, as of images; `corrupt_bytes`: the stored bytes have another hash."""
    detail: str
    """What happened."""


class BatchView(msgspec.Struct, frozen=True):
    """A batch and its progress."""

    id: str
    """ID of the batch."""
    status: Status
    """As of jobs: `partial` if the operation failed on some of the images."""
    operation: str
    """The operation of the request."""
    filter: BatchFilterView
    """The filter of the request; empty: all images."""
    force: bool
    """Whether results are computed anew that exist in the present version."""
    widths: list[int]
    """Widths in pixels of the sizes that are made."""
    formats: list[PictureFormat]
    """Formats of the sizes that are made."""
    dry_run: bool
    """Whether the images are only counted."""
    max_images: int | None
    """The most images that the filter may select."""
    store: BatchStore | None
    """Where the bytes are moved to."""
    created_at: datetime
    created_by: str
    """ID of the key that started the batch."""
    finished_at: datetime | None
    version: int
    """Increases with every change."""
    selected: int | None
    """Number of images; null until they are counted. When the batch has ended, it is the number of
    those that still existed."""
    selected_bytes: int | None
    """Size of their files when they were counted."""
    done: int
    """Images that are now as the operation leaves them."""
    unchanged: int
    """Those of the done images that were so before, or were deleted meanwhile."""
    failed: int
    """Images on which the operation failed. They are otherwise unchanged."""
    errors: dict[str, int]
    """Number of failed images by the code of the error."""
    failures: list[BatchFailureView]
    """The last 20 failed images."""
    error: FailureView | None
    """Why the batch failed as a whole: `too_many_selected`."""


def view_batch(batch: Batch) -> BatchView:
    """Convert a batch."""
    asked = read_request(batch.request)
    return view_of(
        BatchView,
        batch,
        operation=asked.operation,
        filter=asked.filter or BatchFilterView(),
        force=asked.force,
        widths=asked.widths or [],
        formats=asked.formats or [],
        dry_run=asked.dry_run,
        max_images=asked.max_images,
        store=asked.store,
        created_by=batch.key_id,
        selected_bytes=batch.size_bytes,
        errors=dict(sorted(batch.errors.items())),
        failures=[view_of(BatchFailureView, failure) for failure in batch.failures],
        error=view_error(batch.error),
    )


def write_request(request: BatchRequest) -> dict[str, Any]:
    """Convert a request to plain values, for storage."""
    written: dict[str, Any] = msgspec.to_builtins(request)
    return written


def read_request(written: dict[str, Any]) -> BatchRequest:
    """Read a stored request."""
    return msgspec.convert(written, BatchRequest)
