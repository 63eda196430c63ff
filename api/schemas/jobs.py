"""Schemas of jobs and of their live events."""

from datetime import datetime, timedelta

import msgspec
from msgspec import UNSET, UnsetType

from api.schemas.marks import mark_fields
from api.schemas.views import owner_fields, view_of
from domain.errors.catalogue import ERRORS
from domain.fairness.estimates import QueuePlace, poll_after_ms
from domain.jobs import TERMINAL, Status
from domain.records import USER_DELETION_KEPT_SECONDS, Item, ItemError, Job, JobState
from domain.webhooks.events import mark_fields as event_marks
from storage.settings import WorkRules

CHANGED = "job.changed"
FINISHED = "job.finished"


class FailureView(msgspec.Struct, frozen=True):
    """The reason why a file or one of its operations has no result."""

    code: str
    """Stable code for programs."""
    title: str
    """Kind of the error, for people."""
    detail: str
    """What happened, for people."""


class CellView(msgspec.Struct, frozen=True):
    """One operation on one image."""

    status: Status
    error: FailureView | None


class JobItemView(msgspec.Struct, frozen=True):
    """One file of a job."""

    image_id: str | None
    """ID of the image; null if the file was refused, or is not fetched from its URL yet."""
    filename: str
    """File name as uploaded, without folders; of a URL, the last part of its path."""
    status: Status
    duplicate_of: str | None
    """ID of an earlier image of the same user with the same content. It may have been deleted."""
    error: FailureView | None
    """Why the file failed or was refused."""
    warnings: list[str]
    """What was wrong with a file that has results all the same, by code. `truncated`: the file ends
    before the end of the picture, and the missing part is gray. `end_missing`: the file ends before
    the end that it declares, but the picture is whole. `exif_ignored`: its EXIF block cannot be
    read. `profile_ignored`: its colour profile cannot be used. Other codes may follow."""
    operations: dict[str, CellView]
    """Status of each operation of the job."""


class JobProgressView(msgspec.Struct, frozen=True):
    """Numbers of operations: each operation counts once for each image."""

    done: int
    """Number of succeeded operations."""
    failed: int
    """Number of failed operations, including those of refused files."""
    total: int
    """Number of all operations."""


class QueuePlaceView(msgspec.Struct, frozen=True):
    """The position of a job in the queue."""

    position: int
    """Number of images that are processed before it. Users take turns, so images that were uploaded
    earlier may come later."""
    eta_seconds: float | None
    """Estimated seconds until the job is done; null if no worker is running."""


class JobSummaryView(msgspec.Struct, frozen=True):
    """A job in a list."""

    id: str
    """ID of the job."""
    status: Status
    version: int
    """Grows with every change of the job."""
    created_at: datetime
    finished_at: datetime | None
    user_id: str
    operations: list[str]
    """The requested operations, or only `delete_user` for a job that deletes a user."""
    progress: JobProgressView
    external_id: str | None
    """ID in your own system; not unique."""
    tags: list[str]
    """Words of your own."""
    attributes: dict[str, str]
    """Values of your own, by key."""
    tenant: str | UnsetType = UNSET
    """Tenant of the user; absent without one."""


class JobView(JobSummaryView, frozen=True, kw_only=True):
    """A request to process files, and its progress."""

    expires_at: datetime | None
    """When the job may be deleted; null while it is unfinished, or if jobs are kept forever."""
    queue: QueuePlaceView
    poll_after_ms: int | None
    """Milliseconds after which the job may have ended, 20 to 30000, by the estimate: when to ask
    again. Null once the job has ended. `Retry-After` says the same in whole seconds, 1 at least."""
    items: list[JobItemView]
    """The files, in upload order, without deleted and expired images."""


class JobEventView(msgspec.Struct, frozen=True, omit_defaults=True):
    """The data of a live event of a job.

    `job.changed` and `job.finished` carry the job without its items, `job.gone` an error code.
    """

    id: str
    """ID of the job."""
    status: Status | UnsetType = UNSET
    """Absent from `job.gone`."""
    version: int | UnsetType = UNSET
    """Grows with every change of the job; also the `id` of the event. Absent from `job.gone`."""
    finished_at: datetime | UnsetType | None = UNSET
    """When the job ended; null while it is unfinished. Absent from `job.gone`."""
    progress: JobProgressView | UnsetType = UNSET
    """Absent from `job.gone`."""
    code: str | UnsetType = UNSET
    """Only in `job.gone`: the error code that the job answers from now on, `not_found` or
    `job_expired`."""
    external_id: str | UnsetType = UNSET
    """ID of the job in your own system. Absent without one, as are tags and attributes; holders of
    an upload link see none of these."""
    tags: list[str] | UnsetType = UNSET
    """Words of your own."""
    attributes: dict[str, str] | UnsetType = UNSET
    """Values of your own, by key."""


class FacesOfFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """The faces in one file."""

    filename: str
    faces: list[list[int]] | None
    """Boxes `[x, y, width, height]` in pixels of the upright image; null if there is an error."""
    error: FailureView | None = None
    """Why the file has no result; absent if it has one."""


class FacesView(msgspec.Struct, frozen=True):
    """The faces in all files of a request."""

    job_id: str
    results: list[FacesOfFile]
    """The files, in upload order."""


TITLE_OF_CODE = {kind.code: kind.title for kind in ERRORS}


def view_error(error: ItemError | None) -> FailureView | None:
    """Convert an error."""
    if error is None:
        return None
    return FailureView(error.code, TITLE_OF_CODE.get(error.code, error.code), error.detail)


def _view_progress(job: Job) -> JobProgressView:
    tally = job.tally
    return JobProgressView(tally.succeeded, tally.failed + tally.refused, tally.total)


def view_summary(job: Job) -> JobSummaryView:
    """Convert a job for a list."""
    operations, progress = list(job.operations), _view_progress(job)
    known = owner_fields(job.user_id) | mark_fields(job.marks)
    return view_of(JobSummaryView, job, **known, operations=operations, progress=progress)


def _expiry(job: Job, rules: WorkRules) -> datetime | None:
    if (job.deletes_user or job.trains_model) and job.finished_at is not None:
        return job.finished_at + timedelta(seconds=USER_DELETION_KEPT_SECONDS)
    return rules.job_expires_at(job.finished_at)


def view_job(state: JobState, place: QueuePlace, rules: WorkRules) -> JobView:
    """Convert a job with its items."""
    has_ended = state.job.status in TERMINAL
    return view_of(
        JobView,
        view_summary(state.job),
        expires_at=_expiry(state.job, rules),
        queue=_view_place(place),
        poll_after_ms=None if has_ended else poll_after_ms(place.eta_seconds),
        items=[_view_item(item) for item in state.items],
    )


def _view_place(place: QueuePlace) -> QueuePlaceView:
    eta = place.eta_seconds
    return QueuePlaceView(place.position, None if eta is None else round(eta, 1))


def _view_item(item: Item) -> JobItemView:
    operations = {
        name: CellView(cell.status, view_error(cell.error)) for name, cell in item.cells.items()
    }
    return view_of(
        JobItemView,
        item,
        error=view_error(item.error),
        warnings=list(item.warnings),
        operations=operations,
    )


def event_name(job: Job) -> str:
    """Name the event for the current status of a job."""
    return FINISHED if job.status in TERMINAL else CHANGED


def view_change(job: Job, *, with_marks: bool) -> JobEventView:
    """Convert a job without its items."""
    marks = event_marks(job.marks) if with_marks else {}
    progress = _view_progress(job)
    return JobEventView(job.id, job.status, job.version, job.finished_at, progress, **marks)
