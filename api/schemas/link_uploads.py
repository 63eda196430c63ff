"""Schemas for holders of an upload link."""

from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from api.schemas.jobs import JobItemView, JobProgressView, JobSummaryView, QueuePlaceView
from api.schemas.service import CapabilitiesView, FormatInfo, LimitsView, OperationInfo
from api.schemas.views import Page, view_of
from domain.jobs import Status
from domain.links import LinkStatus, UploadLink
from domain.records import GpsPolicy


class LinkJobSummaryView(msgspec.Struct, frozen=True):
    """A job that was uploaded through a link, in a list."""

    id: str
    """ID of the job."""
    status: Status
    version: int
    """Grows with every change of the job."""
    created_at: datetime
    finished_at: datetime | None
    operations: list[str]
    progress: JobProgressView


class LinkJobView(LinkJobSummaryView, frozen=True):
    """A job that was uploaded through a link."""

    expires_at: datetime | None
    """When the job may be deleted; null while it is unfinished, or if jobs are kept forever."""
    queue: QueuePlaceView
    poll_after_ms: int | None
    """Milliseconds after which the job may have ended, 20 to 30000, by the estimate: when to ask
    again. Null once the job has ended. `Retry-After` says the same in whole seconds, 1 at least."""
    results_url: str | None
    """Where the results of the images are, without the token of the link: append `/images/` and an
    `image_id`. Only the answer to the upload has it, so only its sender sees results. It holds a
    secret token: do not log it. Null in all other answers, and if the link hides results."""
    items: list[JobItemView]
    """The files, in upload order, without deleted and expired images."""


class LinkUploadsView(msgspec.Struct, frozen=True):
    """An upload link for its holder, with a page of its jobs."""

    status: LinkStatus
    """`open`: the link accepts files. `used_up`: it has reached its limit. Any other link answers
    410."""
    note: str | None
    """A message from the owner of the link."""
    expires_at: datetime
    """When the link expires. An upload that began before is accepted."""
    gps: GpsPolicy
    """Whether GPS positions are kept or removed, for uploads that do not say."""
    max_files: int | None
    """Maximum number of images; null without a limit."""
    max_bytes: int | None
    """Maximum total size of the images in bytes; null without a limit."""
    used_files: int
    """Number of uploaded images, including deleted ones."""
    used_bytes: int
    """Total size of the uploaded images in bytes, including deleted ones."""
    reserved_files: int
    """Number of resumable uploads that have a place and are no images yet."""
    reserved_bytes: int
    """Announced size of these in bytes."""
    left_files: int | None
    """Number of images that the link still accepts; null without a limit."""
    left_bytes: int | None
    """Number of bytes that the link still accepts; null without a limit."""
    show_results: bool
    """Whether people who upload see the results of what they uploaded."""
    formats: list[FormatInfo]
    operations: list[OperationInfo]
    limits: LimitsView
    """Limits of one request, in addition to those of the link."""
    items: list[LinkJobSummaryView]
    """Jobs that were uploaded through the link, newest first."""
    next_cursor: str | UnsetType = UNSET
    """Pass this as `cursor` to get the next page; absent on the last page."""


def view_link_uploads(
    link: UploadLink,
    now: datetime,
    default_gps: GpsPolicy,
    capabilities: CapabilitiesView,
    page: Page[JobSummaryView],
) -> LinkUploadsView:
    """Convert a link and a page of its jobs for its holder."""
    return view_of(
        LinkUploadsView,
        link,
        status=link.status(now),
        gps=link.gps or default_gps,
        formats=capabilities.formats,
        operations=capabilities.operations,
        limits=capabilities.limits,
        items=[view_of(LinkJobSummaryView, job) for job in page.items],
        next_cursor=page.next_cursor,
    )
