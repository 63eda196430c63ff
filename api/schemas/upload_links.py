"""Invitation links as admins see them."""

from datetime import datetime
from typing import Annotated

import msgspec

from domain.keys import MAX_USER_ID_CHARS
from domain.links import MAX_LIFE, LinkStatus, UploadLink
from domain.records import GpsPolicy

MAX_LIFE_SECONDS = int(MAX_LIFE.total_seconds())
MAX_COUNT = 2**53 - 1
"""The largest whole number that every JSON reader keeps."""

Count = Annotated[int, msgspec.Meta(ge=1, le=MAX_COUNT)]


class NewUploadLink(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What kind of link to make. One of `expires_in` and `expires_at` is required."""

    expires_in: Annotated[int, msgspec.Meta(ge=1, le=MAX_LIFE_SECONDS)] | None = None
    """Seconds from now, 90 days at most; no upload begins after that."""
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    """The same as a time."""
    max_files: Count | None = None
    """Most files that become images, over all uploads; any number where it is left out."""
    max_bytes: Count | None = None
    """Most bytes of these, over all uploads; any number where it is left out."""
    note: Annotated[str, msgspec.Meta(max_length=500)] | None = None
    """Shown to those who open the link."""
    user_id: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_USER_ID_CHARS)] | None = None
    """Whose images these will be; where it is left out, a user of the link's own."""
    gps: GpsPolicy | None = None
    """What becomes of the place that a picture was taken at, where an upload does not say."""


class UploadLinkView(msgspec.Struct, frozen=True):
    """A link, without its token."""

    id: str
    status: LinkStatus
    """`open`: it takes files. Else why it does not: `used_up`, `expired` or `revoked`."""
    note: str | None
    user_id: str
    """Whose images come in through it."""
    gps: GpsPolicy | None
    created_at: datetime
    created_by: str
    """The key that made it."""
    expires_at: datetime
    revoked_at: datetime | None
    max_files: int | None
    max_bytes: int | None
    used_files: int
    """Files that became images: what counts against the limit. A delete gives nothing back."""
    used_bytes: int
    """Bytes of these."""
    images: int
    """Images that came in through it and are still there."""
    bytes: int
    """Bytes of these."""


class CreatedUploadLinkView(UploadLinkView, frozen=True):
    """A new link. Its token is kept nowhere, and shown in the answer to its making alone."""

    token: str
    """Send it as `Authorization: Bearer <token>` to the routes under `/v1/uploads`."""
    upload_url: str
    """For programs: takes the files, without a key."""
    page_url: str
    """For people: a page that takes the files."""


def view_upload_link(link: UploadLink, now: datetime) -> UploadLinkView:
    """Show a link."""
    return UploadLinkView(
        id=link.id,
        status=link.status(now),
        note=link.note,
        user_id=link.user_id,
        gps=link.gps,
        created_at=link.created_at,
        created_by=link.key_id,
        expires_at=link.expires_at,
        revoked_at=link.revoked_at,
        max_files=link.max_files,
        max_bytes=link.max_bytes,
        used_files=link.used_files,
        used_bytes=link.used_bytes,
        images=link.used_files - link.deleted_files,
        bytes=link.used_bytes - link.deleted_bytes,
    )


def view_created_upload_link(
    link: UploadLink, now: datetime, token: str, base_url: str
) -> CreatedUploadLinkView:
    """Show a new link with its token.

    Args:
        link: The link.
        now: The time.
        token: Its token.
        base_url: Where people reach the service, without a slash at the end.
    """
    return CreatedUploadLinkView(
        **msgspec.structs.asdict(view_upload_link(link, now)),
        token=token,
        upload_url=f"{base_url}/v1/uploads/{token}",
        # A fragment never reaches a server, nor a log.
        page_url=f"{base_url}/u#{token}",
    )
