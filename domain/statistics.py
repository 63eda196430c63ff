"""Counts that an image adds to the statistics, and the statistics that follow from them.

A count is named ``family/key``: ``format/jpeg``, ``camera/X100V``, ``total/bytes``. Counts are
sums, so changes can be added in any order, and an image is removed by adding its negative counts.
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
"""Numbers by name; they can be negative."""

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
    """Facts of an image that never change.

    ``stored_bytes`` is the growth of the store: 0 if equal bytes were stored before.
    """

    user_id: str
    format: str
    uploaded_at: datetime
    size_bytes: int
    stored_bytes: int = 0


class Facts(msgspec.Struct, frozen=True, gc=False):
    """What operations find; failures are error codes of the image and its cells, each once."""

    camera_model: str | None = None
    faces: int = 0
    failures: tuple[str, ...] = ()


class DayCount(msgspec.Struct, frozen=True):
    """A day and its number of uploaded images."""

    date: date
    count: int


class Statistics(msgspec.Struct, frozen=True):
    """The statistics. Lists have the most frequent first, days the oldest.

    Attributes:
        stored_bytes: Bytes in the store; equal files count once.
        cameras: Images by camera model, :data:`TOP_CAMERAS` at most.
        days: Uploads for each of the last :data:`DAYS` days.
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
    """Add the counts of uploads in place; ``times`` is 1, or -1 to remove them."""
    counts[IMAGES] += times * len(uploads)
    counts[BYTES] += times * sum(upload.size_bytes for upload in uploads)
    counts[STORED_BYTES] += times * sum(upload.stored_bytes for upload in uploads)
    _add_all(counts, FORMAT, (upload.format for upload in uploads), times)
    _add_all(counts, USER, (upload.user_id for upload in uploads), times)
    # Formatting a time takes longer than everything else.
    moments = Counter(int(upload.uploaded_at.timestamp()) // QUARTER_SECONDS for upload in uploads)
    for number, count in moments.items():
        moment = datetime.fromtimestamp(number * QUARTER_SECONDS, UTC)
        counts[QUARTER + name_quarter(moment)] += times * count


def add_facts(counts: Counts, facts: Sequence[Facts], times: int) -> None:
    """Add the counts of facts in place; ``times`` is 1, or -1 to remove them."""
    counts[FACES] += times * sum(known.faces for known in facts)
    cameras = (known.camera_model for known in facts if known.camera_model)
    _add_all(counts, CAMERA, cameras, times)
    failures = chain.from_iterable(known.failures for known in facts if known.failures)
    _add_all(counts, FAILURE, failures, times)


def _add_all(counts: Counts, family: str, keys: Iterable[str], times: int) -> None:
    for key, count in Counter(keys).items():
        counts[family + key] += times * count


def count_users(stored: Mapping[str, int], change: Mapping[str, int]) -> int:
    """Return the change in the number of users with images.

    ``stored`` has at least the counts of users that change, ``change`` the counts that are added.
    """
    more = 0
    for name, count in change.items():
        if name.startswith(USER):
            before = stored.get(name, 0)
            more += (before + count > 0) - (before > 0)
    return more


def name_quarter(moment: datetime) -> str:
    """Name the quarter of an hour of a time by its start in UTC: ``2026-11-21T09:45``.

    The offsets of all time zones are multiples of it, so a day consists of whole quarters.
    """
    start = moment.astimezone(UTC)
    start = start.replace(minute=start.minute - start.minute % QUARTER_MINUTES)
    return start.isoformat(timespec="minutes")[:16]


def list_days(now: datetime, zone: ZoneInfo) -> list[date]:
    """List the last :data:`DAYS` days up to today in a zone, oldest first."""
    today = now.astimezone(zone).date()
    return [today - timedelta(days=back) for back in reversed(range(DAYS))]


def day_borders(days: Sequence[date], zone: ZoneInfo) -> list[str]:
    """Name the first quarter of each day, and the first one after the last day.

    A day that a zone skipped at a move across the date line is empty.
    """
    after = days[-1] + timedelta(days=1)
    return [name_quarter(start_of_day(day, zone)) for day in (*days, after)]


def count_days(
    days: Sequence[date], borders: Sequence[str], counts: Mapping[str, int]
) -> list[DayCount]:
    """Sum the counts of quarters by day; ``borders`` is from :func:`day_borders`."""
    uploads = Counter[int]()
    for name, count in counts.items():
        if name.startswith(QUARTER):
            uploads[bisect_right(borders, name.removeprefix(QUARTER)) - 1] += count
    # Before the first border is -1, after the last one is one past the days.
    return [DayCount(day, uploads[number]) for number, day in enumerate(days)]


def rank(counts: Mapping[str, int], family: str, limit: int | None = None) -> list[tuple[str, int]]:
    """List the positive counts of a family, such as :data:`CAMERA`: largest first, then by name."""
    found = [
        (name.removeprefix(family), count)
        for name, count in counts.items()
        if name.startswith(family) and count > 0
    ]
    return sorted(found, key=lambda entry: (-entry[1], entry[0]))[:limit]


def summarize(counts: Mapping[str, int], days: list[DayCount]) -> Statistics:
    """Build the statistics from counts; those of quarters and single users are not needed."""
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
