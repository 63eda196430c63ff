"""A job as clients see it."""

from datetime import datetime, timedelta

import msgspec

from domain.errors.catalogue import ERRORS
from domain.fairness.estimates import Place
from domain.jobs import Status
from domain.records import Cell, Item, ItemError, Job, JobState
from storage.removal.user_deletion import USER_DELETION_KEPT_SECONDS
from storage.settings import WorkRules


class FailureView(msgspec.Struct, frozen=True):
    """Why a file, or one of its operations, has no result."""

    code: str
    """Stable, for programs."""
    title: str
    """What kind of error it is, for people."""
    detail: str
    """What happened this time."""


class CellView(msgspec.Struct, frozen=True):
    """One image × one operation."""

    status: Status
    error: FailureView | None


class JobItemView(msgspec.Struct, frozen=True):
    """One file of a job."""

    image_id: str | None
    """The image; null where the file was refused."""
    filename: str
    """As uploaded, without folders."""
    status: Status
    duplicate_of: str | None
    """An earlier image of the same user with the same bytes; it may have been deleted since."""
    error: FailureView | None
    """Why the whole file failed or was refused."""
    operations: dict[str, CellView]
    """A cell for each operation of the job."""


class JobProgressView(msgspec.Struct, frozen=True):
    """Cells (images × operations) by how far they are."""

    done: int
    """Succeeded."""
    failed: int
    """Failed, those of refused files included."""
    total: int
    """All."""


class QueuePlaceView(msgspec.Struct, frozen=True):
    """Where the job waits."""

    position: int
    """Images that are ahead of it. Users take turns: not all that came earlier are."""
    eta_seconds: float | None
    """Estimated seconds until it is done, at the measured pace; null where nobody works now."""


class JobSummaryView(msgspec.Struct, frozen=True):
    """A job in a list."""

    id: str
    status: Status
    version: int
    """Grows with every change."""
    created_at: datetime
    finished_at: datetime | None
    user_id: str
    operations: list[str]
    """Those that were asked for; `delete_user` alone removes the user's images."""
    progress: JobProgressView


class JobView(JobSummaryView, frozen=True):
    """What one request asked for, and how far it is."""

    expires_at: datetime | None
    """From then on it can go; null while it is open, or where it is kept for ever."""
    queue: QueuePlaceView
    items: list[JobItemView]
    """In upload order. An image that was deleted or has expired is none of them."""


class FacesOfFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """The faces that were found in one file."""

    filename: str
    faces: list[list[int]] | None
    """Boxes `[x, y, width, height]` in pixels of the upright image; null after an error."""
    error: FailureView | None = None
    """Why the file has no result; absent where it has one."""


class FacesView(msgspec.Struct, frozen=True):
    """The faces in all files of a request."""

    job_id: str
    results: list[FacesOfFile]
    """In upload order."""


TITLE_OF_CODE = {kind.code: kind.title for kind in ERRORS}


def view_error(error: ItemError | None) -> FailureView | None:
    """Show an error."""
    if error is None:
        return None
    return FailureView(error.code, TITLE_OF_CODE.get(error.code, error.code), error.detail)


def view_cells(cells: dict[str, Cell]) -> dict[str, CellView]:
    """Show the cells of an image."""
    return {name: CellView(cell.status, view_error(cell.error)) for name, cell in cells.items()}


def view_item(item: Item) -> JobItemView:
    """Show an item."""
    return JobItemView(
        image_id=item.image_id,
        filename=item.filename,
        status=item.status,
        duplicate_of=item.duplicate_of,
        error=view_error(item.error),
        operations=view_cells(item.cells),
    )


def view_progress(job: Job) -> JobProgressView:
    """Show how far a job is."""
    tally = job.tally
    return JobProgressView(tally.succeeded, tally.failed + tally.refused, tally.total)


def view_summary(job: Job) -> JobSummaryView:
    """Show a job in a list."""
    return JobSummaryView(
        id=job.id,
        status=job.status,
        version=job.version,
        created_at=job.created_at,
        finished_at=job.finished_at,
        user_id=job.user_id,
        operations=list(job.operations),
        progress=view_progress(job),
    )


def _expiry(job: Job, rules: WorkRules) -> datetime | None:
    if job.deletes_user and job.finished_at is not None:
        return job.finished_at + timedelta(seconds=USER_DELETION_KEPT_SECONDS)
    return rules.job_expires_at(job.finished_at)


def view_job(state: JobState, place: Place, rules: WorkRules) -> JobView:
    """Show a job with its items."""
    return JobView(
        **msgspec.structs.asdict(view_summary(state.job)),
        expires_at=_expiry(state.job, rules),
        queue=QueuePlaceView(place.position, place.eta_seconds),
        items=[view_item(item) for item in state.items],
    )
