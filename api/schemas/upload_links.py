"""Schemas of upload links."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from api.http.bodies import JsonBody, Rules
from api.schemas.views import owner_fields, view_of
from domain.errors.faults import Faults
from domain.keys import MAX_USER_ID_CHARS, check_new_user_id, check_tenant
from domain.links import MAX_LIFE, LinkStatus, UploadLink, find_expiry
from domain.records import GpsPolicy

MAX_LIFE_SECONDS = int(MAX_LIFE.total_seconds())
MAX_COUNT = 2**53 - 1
"""The largest integer that every JSON parser represents exactly."""

Count = Annotated[int, msgspec.Meta(ge=1, le=MAX_COUNT)]


class UploadLinkRequest(JsonBody, frozen=True):
    """The values of a new upload link. One of `expires_in` and `expires_at` is required."""

    expires_in: Annotated[int, msgspec.Meta(ge=1, le=MAX_LIFE_SECONDS)] | None = None
    """Seconds from now until the link expires, at most 90 days. No upload can begin after that."""
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    """When the link expires, at most 90 days from now."""
    max_files: Count | None = None
    """Maximum number of images of all uploads together; without it, there is no limit."""
    max_bytes: Count | None = None
    """Maximum total size of these images in bytes; without it, there is no limit."""
    note: Annotated[str, msgspec.Meta(max_length=500)] | None = None
    """A message to the people who open the link."""
    user_id: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_USER_ID_CHARS)] | None = None
    """User that the images belong to; without it, a user that only this link has."""
    gps: GpsPolicy | None = None
    """Whether GPS positions are kept or removed, for uploads that do not say."""
    tenant: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_USER_ID_CHARS)] | None = None
    """Tenant of the user; without it, a user without a tenant."""
    show_results: bool = True
    """Whether people who upload see the results of what they uploaded: thumbnails, faces, camera,
    histogram. Each sees only their own."""

    def check(self, rules: Rules) -> None:
        """Check the owner and the expiry.

        Raises:
            InvalidValue: Fields cannot be used.
        """
        faults = Faults()
        with faults.of("user_id"):
            if self.user_id is not None:
                check_new_user_id(self.user_id)
        with faults.of("tenant"):
            if self.tenant is not None:
                check_tenant(self.tenant)
        if rules.unusable.isdisjoint({"expires_at", "expires_in"}):
            with faults.of(None):
                find_expiry(self.expires_at, self.expires_in, rules.now)
        faults.check()


class UploadLinkView(msgspec.Struct, frozen=True):
    """An upload link, without its token."""

    id: str
    """ID of the upload link."""
    status: LinkStatus
    """`open`: the link accepts files. Otherwise the reason why not: `used_up`, `expired` or
    `revoked`."""
    note: str | None
    user_id: str
    """User that the images belong to."""
    gps: GpsPolicy | None
    created_at: datetime
    created_by: str
    """ID of the key that created the link."""
    expires_at: datetime
    revoked_at: datetime | None
    max_files: int | None
    max_bytes: int | None
    used_files: int
    """Number of uploaded images, including deleted ones; counts towards the limit."""
    used_bytes: int
    """Total size of the uploaded images in bytes, including deleted ones."""
    reserved_files: int
    """Number of resumable uploads that have a place and are no images yet; counts towards the
    limit."""
    reserved_bytes: int
    """Announced size of these in bytes; counts towards the limit."""
    show_results: bool
    """Whether people who upload see the results of what they uploaded."""
    images: int
    """Number of uploaded images without deleted ones."""
    bytes: int
    """Total size of these in bytes."""
    tenant: str | UnsetType = UNSET
    """Tenant of the user; absent without one."""


class CreatedUploadLinkView(UploadLinkView, frozen=True, kw_only=True):
    """A new upload link. Its token is shown once, in this answer."""

    token: str
    """Send it as `Authorization: Bearer <token>` to the routes under `/v1/uploads`."""
    upload_url: str
    """URL for programs: accepts files without an API key."""
    page_url: str
    """URL for people: a page to upload files."""


def view_upload_link(link: UploadLink, now: datetime) -> UploadLinkView:
    """Convert a link."""
    return view_of(
        UploadLinkView,
        link,
        **owner_fields(link.user_id),
        status=link.status(now),
        created_by=link.key_id,
        images=link.used_files - link.deleted_files,
        bytes=link.used_bytes - link.deleted_bytes,
    )


def view_created_upload_link(
    link: UploadLink, now: datetime, token: str, base_url: str
) -> CreatedUploadLinkView:
    """Convert a new link with its token; the address of the service has no slash at the end."""
    return view_of(
        CreatedUploadLinkView,
        view_upload_link(link, now),
        token=token,
        upload_url=f"{base_url}/v1/uploads/{token}",
        # A fragment never reaches a server or a log.
        page_url=f"{base_url}/u#{token}",
    )
