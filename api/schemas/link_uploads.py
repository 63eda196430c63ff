"""What those see who were sent a link: what it still takes, and what came in through it."""

from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from api.schemas.jobs import (
    JobItemView,
    JobProgressView,
    JobSummaryView,
    JobView,
    QueuePlaceView,
)
from api.schemas.paging import Page
from api.schemas.service import CapabilitiesView, FormatInfo, LimitsView, OperationInfo
from domain.jobs import Status
from domain.links import LinkStatus, UploadLink
from domain.records import GpsPolicy


class LinkJobSummaryView(msgspec.Struct, frozen=True):
    """An upload through a link, in a list."""

    id: str
    status: Status
    version: int
    """Grows with every change."""
    created_at: datetime
    finished_at: datetime | None
    operations: list[str]
    progress: JobProgressView


class LinkJobView(LinkJobSummaryView, frozen=True):
    """An upload through a link, and how far it is."""

    expires_at: datetime | None
    """From then on it can go; null while it is open, or where it is kept for ever."""
    queue: QueuePlaceView
    items: list[JobItemView]
    """In upload order. An image that was deleted or has expired is none of them."""


class LinkUploadsView(msgspec.Struct, frozen=True):
    """A link as its holder sees it, with a page of its uploads."""

    status: LinkStatus
    """`open`: it takes files. `used_up`: no more fit. Other links answer with a 410."""
    note: str | None
    """What whoever made it wants to say."""
    expires_at: datetime
    """No upload begins from then on; one that has begun ends."""
    gps: GpsPolicy
    """What becomes of the place that a picture was taken at, where an upload does not say."""
    max_files: int | None
    """Most files that become images; null for any number."""
    max_bytes: int | None
    """Most bytes of these; null for any number."""
    used_files: int
    """Files that became images. A delete gives nothing back."""
    used_bytes: int
    """Bytes of these."""
    left_files: int | None
    """Files that still fit; null for any number."""
    left_bytes: int | None
    """Bytes that still fit; null for any number."""
    formats: list[FormatInfo]
    operations: list[OperationInfo]
    limits: LimitsView
    """Of one request, whatever the link says."""
    items: list[LinkJobSummaryView]
    """Uploads through the link, newest first."""
    next_cursor: str | UnsetType = UNSET
    """Ask for the next page with this; absent on the last page."""


def view_link_job(job: JobView) -> LinkJobView:
    """Show an upload through a link: all of a job but whose it is."""
    fields = {name: getattr(job, name) for name in LinkJobView.__struct_fields__}
    return LinkJobView(**fields)


def view_link_uploads(
    link: UploadLink,
    now: datetime,
    default_gps: GpsPolicy,
    capabilities: CapabilitiesView,
    page: Page[JobSummaryView],
) -> LinkUploadsView:
    """Show a link to its holder.

    Args:
        link: The link.
        now: The time.
        default_gps: What becomes of positions where the link does not say.
        capabilities: What the service can do.
        page: Its uploads.
    """
    return LinkUploadsView(
        status=link.status(now),
        note=link.note,
        expires_at=link.expires_at,
        gps=link.gps or default_gps,
        max_files=link.max_files,
        max_bytes=link.max_bytes,
        used_files=link.used_files,
        used_bytes=link.used_bytes,
        left_files=link.left_files,
        left_bytes=link.left_bytes,
        formats=capabilities.formats,
        operations=capabilities.operations,
        limits=capabilities.limits,
        items=[_view_summary(job) for job in page.items],
        next_cursor=page.next_cursor,
    )


def _view_summary(job: JobSummaryView) -> LinkJobSummaryView:
    fields = {name: getattr(job, name) for name in LinkJobSummaryView.__struct_fields__}
    return LinkJobSummaryView(**fields)
