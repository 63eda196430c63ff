"""Admission rules: when an upload is refused, from numbers that the caller has read."""

import math
from collections.abc import Mapping

import msgspec

from domain.errors.capacity import BacklogFull, StorageFull, TooManyInFlight
from domain.fairness.token_buckets import RateLimit
from domain.keys import Caller, Role
from domain.limits import AdmissionLimits

FULL_UPLOAD_BYTES = 1024 * 1024
LEAST_SLOT = 1 / 32
# The wait where nothing is known about when there will be room.
STORAGE_SECONDS = 30.0
UNKNOWN_SECONDS = 10.0
MAX_WAIT_SECONDS = 600.0


class Load(msgspec.Struct, frozen=True):
    """How full the service is. What is not known is 0 or None, and refuses nothing."""

    images: int = 0
    """Images that are queued or processed."""
    by_tenant: Mapping[str, int] = {}
    images_per_second: float = 0.0
    """The pace of the live workers together."""
    free_disk_bytes: int | None = None
    stored_bytes: int | None = None


def tenant_of(caller: Caller) -> str | None:
    """Name the tenant whose limits apply; None for an admin key, which has no limits of its own."""
    match caller.role:
        case Role.ADMIN:
            return None
        case Role.SERVICE | Role.READER | Role.LINK:
            return tenant_of_key(caller.key_id)
        case Role.CLIENT:
            return tenant_of_user(str(caller.user_id))


def tenant_of_user(user_id: str) -> str:
    """Name the tenant that a user is."""
    return f"user:{user_id}"


def tenant_of_key(key_id: str) -> str:
    """Name the tenant that a service key or a link is."""
    return f"key:{key_id}"


def rate_limits(limits: AdmissionLimits) -> tuple[RateLimit, ...]:
    """Give the rate limits of a tenant that are switched on: requests, bytes, files."""
    every = (
        RateLimit(
            "requests", "requests", limits.tenant_requests_per_second, limits.tenant_requests_burst
        ),
        RateLimit(
            "bytes", "content-bytes", limits.tenant_bytes_per_second, limits.tenant_bytes_burst
        ),
        RateLimit("files", "files", limits.tenant_files_per_second, limits.tenant_files_burst),
    )
    return tuple(limit for limit in every if limit.per_second)


def check_backlog(limits: AdmissionLimits, images: int, images_per_second: float) -> None:
    """Refuse an upload while too many images are queued or processed.

    While the pace of the workers is unknown (0.0), and none is expected, only the number of images
    counts.

    Raises:
        BacklogFull: Says after how long to try again.
    """
    images_per_second = max(images_per_second, limits.expected_images_per_second)
    over = images + 1 - limits.max_backlog_images if limits.max_backlog_images else 0
    if limits.max_backlog_seconds and images_per_second:
        over = max(over, math.ceil(images - limits.max_backlog_seconds * images_per_second))
    if over > 0:
        raise BacklogFull(
            f"{images} images are waiting. Send the same request again later.",
            _seconds_for(over, images_per_second),
        )


def check_in_flight(limits: AdmissionLimits, images: int, images_per_second: float) -> None:
    """Refuse a tenant that has as many images in flight as its limit.

    Raises:
        TooManyInFlight: Says after how long to try again, as if no other tenant had images.
    """
    most = limits.tenant_max_images_in_flight
    if most and images >= most:
        raise TooManyInFlight(
            f"{images} images of yours are unfinished; the limit is {most}. "
            "Send the same request again when some are finished.",
            _seconds_for(images + 1 - most, images_per_second),
        )


def check_storage(limits: AdmissionLimits, load: Load, bytes_since: int, length: int) -> None:
    """Refuse an upload that there is no room for.

    Args:
        bytes_since: Bytes that the fleet has admitted since then.
        length: Bytes of the request; 0 if unknown.

    Raises:
        StorageFull: There is too little room.
    """
    more = bytes_since + length
    free, stored = load.free_disk_bytes, load.stored_bytes
    fits_disk = free is None or free - more >= limits.min_free_disk_bytes
    fits_quota = stored is None or stored + more <= limits.max_stored_bytes
    if limits.min_free_disk_bytes and not fits_disk:
        raise StorageFull(
            "The disk is full. Delete images, or ask the operator for space.", STORAGE_SECONDS
        )
    if limits.max_stored_bytes and not fits_quota:
        raise StorageFull(
            f"The limit is {limits.max_stored_bytes} stored bytes. Delete images, or ask the "
            "operator for space.",
            STORAGE_SECONDS,
        )


def _seconds_for(images: int, images_per_second: float) -> float:
    if not images_per_second:
        return UNKNOWN_SECONDS
    return min(MAX_WAIT_SECONDS, images / images_per_second)


def slot_share(length: int | None) -> float:
    """Compute the share of a slot that an upload holds, 1/32 to 1; 1 if its length is unknown.

    A slot stands for the memory of a large upload: beside many others, it holds up to
    :data:`FULL_UPLOAD_BYTES` before it writes them, and as much again while it does. A smaller
    upload never holds more than its own bytes.
    """
    if length is None:
        return 1.0
    return min(1.0, max(LEAST_SLOT, length / FULL_UPLOAD_BYTES))
