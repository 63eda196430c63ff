"""Upload links: their expiry and their limits."""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from domain.errors.access import LinkExpired, LinkUsedUp
from domain.errors.requests import InvalidValue
from domain.records import GpsPolicy

MAX_LIFE = timedelta(days=90)


class LinkPlan(msgspec.Struct, frozen=True):
    """The properties of a new link.

    Attributes:
        expires_at: When the link expires, or
        expires_in: in how many seconds; one of the two.
        max_files: Largest number of files that become images; None for any number.
        max_bytes: Largest total size of these files; None for any size.
        user_id: Owner of the images; None for a new user of the link's own.
        gps: Policy where an upload names none; None for that of the settings.
        tenant: The tenant of the owner; None for an owner without a tenant.
        service_id: The service key that creates the link, and with which it ends; None for an
            admin.
        max_stored_bytes: Quota of the uploads; None: that of the settings.
        max_links: Most open links of a service key; 0 for any number.
        show_results: Whether uploaders see the results of what they uploaded.
    """

    expires_at: datetime | None = None
    expires_in: int | None = None
    max_files: int | None = None
    max_bytes: int | None = None
    note: str | None = None
    user_id: str | None = None
    gps: GpsPolicy | None = None
    tenant: str | None = None
    service_id: str | None = None
    max_stored_bytes: int | None = None
    max_links: int = 0
    show_results: bool = True


class LinkStatus(StrEnum):
    """Whether a link takes files, or the reason why it does not."""

    OPEN = "open"
    USED_UP = "used_up"
    EXPIRED = "expired"
    REVOKED = "revoked"


class UploadLink(msgspec.Struct, frozen=True):
    """A link without its token.

    Attributes:
        user_id: Stored ID of the owner.
        expires_at: End of the time in which uploads may begin, UTC.
        used_files: Files that became images, including images deleted since.
        deleted_files: Number of these images that were deleted.
        reserved_files: Resumable uploads that have a place and are no images yet.
        reserved_bytes: Their announced size.
        show_results: Whether uploaders see the results of what they uploaded.
    """

    id: str
    key_id: str
    user_id: str
    note: str | None
    gps: GpsPolicy | None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    max_files: int | None
    max_bytes: int | None
    used_files: int = 0
    used_bytes: int = 0
    deleted_files: int = 0
    deleted_bytes: int = 0
    max_stored_bytes: int | None = None
    reserved_files: int = 0
    reserved_bytes: int = 0
    show_results: bool = True

    @property
    def left_files(self) -> int | None:
        """Number of files that still fit; None for any number."""
        taken = self.used_files + self.reserved_files
        return None if self.max_files is None else max(0, self.max_files - taken)

    @property
    def left_bytes(self) -> int | None:
        """Bytes that still fit; None for any number."""
        taken = self.used_bytes + self.reserved_bytes
        return None if self.max_bytes is None else max(0, self.max_bytes - taken)

    @property
    def is_used_up(self) -> bool:
        """Whether the images alone use it up, without what resumable uploads have reserved."""
        has_all_files = self.max_files is not None and self.used_files >= self.max_files
        return has_all_files or (self.max_bytes is not None and self.used_bytes >= self.max_bytes)

    def has_room(self, size_bytes: int) -> bool:
        """Return whether one more file fits."""
        has_file = self.left_files is None or self.left_files > 0
        return has_file and (self.left_bytes is None or self.left_bytes >= size_bytes)

    def with_file(self, size_bytes: int) -> "UploadLink":
        """Return the link with one more file."""
        return msgspec.structs.replace(
            self, used_files=self.used_files + 1, used_bytes=self.used_bytes + size_bytes
        )

    def with_reserved(self, files: int, size_bytes: int) -> "UploadLink":
        """Return the link with more places reserved; with fewer, if the numbers are negative."""
        return msgspec.structs.replace(
            self,
            reserved_files=self.reserved_files + files,
            reserved_bytes=self.reserved_bytes + size_bytes,
        )

    def status(self, now: datetime) -> LinkStatus:
        """Return the status at a time."""
        if self.revoked_at is not None:
            return LinkStatus.REVOKED
        if now >= self.expires_at:
            return LinkStatus.EXPIRED
        return LinkStatus.USED_UP if self.is_used_up else LinkStatus.OPEN


def check_takes_files(link: UploadLink, now: datetime) -> None:
    """Refuse an upload to a link that takes no files, before its body is read.

    Raises:
        LinkExpired: The time of the link is over.
        LinkUsedUp: Not even one more byte fits.
    """
    if now >= link.expires_at:
        raise LinkExpired("Ask the person who sent it for a new one.")
    if not link.has_room(1):
        raise used_up(link)


def used_up(link: UploadLink) -> LinkUsedUp:
    """Create the error for a file that does not fit; it says how many files and bytes are left."""
    left = []
    if link.left_files is not None:
        left.append(f"{link.left_files} of {link.max_files} files")
    if link.left_bytes is not None:
        left.append(f"{link.left_bytes} of {link.max_bytes} bytes")
    return LinkUsedUp(f"Left: {', '.join(left)}.")


def find_expiry(
    expires_at: datetime | None, expires_in_seconds: int | None, now: datetime
) -> datetime:
    """Return the expiry of a new link, from its time or from the time until then.

    Raises:
        InvalidValue: Neither or both are given, or it is not after now and within
            :data:`MAX_LIFE`.
    """
    if (expires_at is None) == (expires_in_seconds is None):
        raise InvalidValue("Send either expires_in or expires_at.", "expires_in")
    if expires_in_seconds is not None and 0 < expires_in_seconds <= MAX_LIFE.total_seconds():
        return now + timedelta(seconds=expires_in_seconds)
    if expires_at is not None and now < expires_at <= now + MAX_LIFE:
        return expires_at
    raise InvalidValue(
        f"The expiry must be in the future and at most {MAX_LIFE.days} days away.",
        "expires_at" if expires_in_seconds is None else "expires_in",
    )
