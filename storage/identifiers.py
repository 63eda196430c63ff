"""IDs and the clock: what a pure domain cannot make for itself."""

from datetime import UTC, datetime

from uuid_utils import uuid7


def new_id() -> str:
    """Make a UUIDv7: unique, and sorted by the time of its making."""
    return str(uuid7())


def utc_now() -> datetime:
    """Read the clock, cut to the milliseconds that BSON keeps."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
