"""What an image adds to the statistics, by name of a count; and what is told from the counts.

A count is named ``family/key``: ``format/jpeg``, ``camera/X100V``, ``total/bytes``. All that is
counted adds up, so differences can be added in any order, and an image is taken back by adding the
negative of what it added.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

import msgspec

from domain.calendar.days import start_of_day

Counts = Counter[str]
"""Numbers by name, negative ones too."""

TOTAL = "total/"
FORMAT = "format/"
CAMERA = "camera/"
FAILURE = "failure/"
USER = "user/"
QUARTER = "quarter/"

IMAGES = TOTAL + "images"
BYTES = TOTAL + "bytes"
STORED_BYTES = TOTAL + "stored_bytes"
FACES = TOTAL + "faces"
USERS = TOTAL + "users"

DAYS = 30
TOP_CAMERAS = 10
QUARTER_MINUTES = 15
QUARTER_SECONDS = 60 * QUARTER_MINUTES


class Upload(msgspec.Struct, frozen=True, gc=False):
    """What is counted of an image and never changes.

    Attributes:
        user_id: Whose it is.
        format: In which it was uploaded.
        uploaded_at: When it was accepted, UTC.
        size_bytes: Size of the file.
        stored_bytes: What the store grew by: 0 where equal bytes were there already.
    """

    user_id: str
    format: str
    uploaded_at: datetime
    size_bytes: int
    stored_bytes: int


class Facts(msgspec.Struct, frozen=True, gc=False):
    """What is counted of an image and becomes known, or changes, with the work on it.

    Attributes:
        camera_model: Which camera took it.
        faces: How many were found.
        failures: Codes of the errors that it or its cells ended with, each once, sorted.
    """

    camera_model: str | None = None
    faces: int = 0
    failures: tuple[str, ...] = ()


class DayCount(msgspec.Struct, frozen=True):
    """Uploads of one day.

    Attributes:
        date: The day.
        count: How many.
    """

    date: date
    count: int


class Statistics(msgspec.Struct, frozen=True):
    """All that is told.

    Attributes:
        images: How many there are.
        users: How many users have an image.
        bytes: Sizes of all images together.
        stored_bytes: What they take, equal bytes stored once.
        faces: Faces on all images together.
        formats: Images by format, most first.
        cameras: Images by camera model, most first, :data:`TOP_CAMERAS` at most.
        failures: Images by code of the error, most first.
        days: Uploads for each of the last :data:`DAYS` days, oldest first.
    """

    images: int
    users: int
    bytes: int
    stored_bytes: int
    faces: int
    formats: list[tuple[str, int]]
    cameras: list[tuple[str, int]]
    failures: list[tuple[str, int]]
    days: list[DayCount]


def add_uploads(counts: Counts, uploads: Sequence[Upload], times: int) -> None:
    """Add what images add by being there, or take it back.

    Args:
        counts: Is added to.
        uploads: The images.
        times: 1, or -1 to take it back.
    """
    counts[IMAGES] += times * len(uploads)
    counts[BYTES] += times * sum(upload.size_bytes for upload in uploads)
    counts[STORED_BYTES] += times * sum(upload.stored_bytes for upload in uploads)
    _add_all(counts, FORMAT, (upload.format for upload in uploads), times)
    _add_all(counts, USER, (upload.user_id for upload in uploads), times)
    # To name a time takes longer than all else.
    moments = Counter(int(upload.uploaded_at.timestamp()) // QUARTER_SECONDS for upload in uploads)
    for number, count in moments.items():
        moment = datetime.fromtimestamp(number * QUARTER_SECONDS, UTC)
        counts[QUARTER + name_quarter(moment)] += times * count


def add_facts(counts: Counts, facts: Sequence[Facts], times: int) -> None:
    """Add what images add by what is known of them, or take it back; see :func:`add_uploads`."""
    counts[FACES] += times * sum(known.faces for known in facts)
    cameras = (known.camera_model for known in facts if known.camera_model)
    _add_all(counts, CAMERA, cameras, times)
    failures = chain.from_iterable(known.failures for known in facts if known.failures)
    _add_all(counts, FAILURE, failures, times)


def _add_all(counts: Counts, family: str, keys: Iterable[str], times: int) -> None:
    for key, count in Counter(keys).items():
        counts[family + key] += times * count


def count_users(stored: Mapping[str, int], change: Mapping[str, int]) -> int:
    """Say by how many the users become more, or fewer, who have an image.

    Args:
        stored: At least all counts of users that change.
        change: What is added to them, among other counts.
    """
    more = 0
    for name, count in change.items():
        if name.startswith(USER):
            before = stored.get(name, 0)
            more += (before + count > 0) - (before > 0)
    return more


def name_quarter(moment: datetime) -> str:
    """Name the quarter of an hour that a time is in, by its beginning in UTC.

    All time zones are multiples of it away from UTC, so their days are made of whole ones.

    Returns:
        As ``2026-11-21T09:45``; in the order of time.
    """
    start = moment.astimezone(UTC)
    start = start.replace(minute=start.minute - start.minute % QUARTER_MINUTES)
    return start.isoformat(timespec="minutes")[:16]


def list_days(now: datetime, zone: ZoneInfo) -> list[date]:
    """List the last :data:`DAYS` days up to today in a zone, oldest first."""
    today = now.astimezone(zone).date()
    return [today - timedelta(days=back) for back in reversed(range(DAYS))]


def day_borders(days: Sequence[date], zone: ZoneInfo) -> list[str]:
    """Name the quarters that days begin with, and the one after the last day.

    A day that a zone leaves out, as some that moved across the date line did, is empty.
    """
    after = days[-1] + timedelta(days=1)
    return [name_quarter(start_of_day(day, zone)) for day in (*days, after)]


def count_days(
    days: Sequence[date], borders: Sequence[str], counts: Mapping[str, int]
) -> list[DayCount]:
    """Add the uploads of quarters up to days.

    Args:
        days: The days, in order.
        borders: From :func:`day_borders`.
        counts: Among others those of quarters.
    """
    uploads = Counter[int]()
    for name, count in counts.items():
        if name.startswith(QUARTER):
            uploads[bisect_right(borders, name.removeprefix(QUARTER)) - 1] += count
    # Before the first border is -1, after the last one is one past the days.
    return [DayCount(day, uploads[number]) for number, day in enumerate(days)]


def rank(counts: Mapping[str, int], family: str, limit: int | None = None) -> list[tuple[str, int]]:
    """List what a family counts, most first, among equals by name; what has come to nothing is out.

    Args:
        counts: Among others those of the family.
        family: As :data:`CAMERA`.
        limit: Most entries.
    """
    found = [
        (name.removeprefix(family), count)
        for name, count in counts.items()
        if name.startswith(family) and count > 0
    ]
    return sorted(found, key=lambda entry: (-entry[1], entry[0]))[:limit]


def summarize(counts: Mapping[str, int], days: list[DayCount]) -> Statistics:
    """Tell from the counts what is told.

    Args:
        counts: All but those of quarters and users; of cameras at least the first.
        days: From :func:`count_days`.
    """
    return Statistics(
        images=counts.get(IMAGES, 0),
        users=counts.get(USERS, 0),
        bytes=counts.get(BYTES, 0),
        stored_bytes=counts.get(STORED_BYTES, 0),
        faces=counts.get(FACES, 0),
        formats=rank(counts, FORMAT),
        cameras=rank(counts, CAMERA, TOP_CAMERAS),
        failures=rank(counts, FAILURE),
        days=days,
    )
