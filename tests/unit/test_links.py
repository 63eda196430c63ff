"""Links: how long they are open, and what fits."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors.access import LinkExpired, LinkUsedUp
from domain.errors.requests import InvalidValue
from domain.links import MAX_LIFE, LinkStatus, UploadLink, check_takes_files, find_expiry

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
LINK = UploadLink(
    id="l1",
    key_id="admin",
    user_id="link:l1",
    note=None,
    gps=None,
    created_at=NOW,
    expires_at=NOW + timedelta(hours=1),
    revoked_at=None,
    max_files=None,
    max_bytes=None,
)


def _link(**fields: object) -> UploadLink:
    return msgspec.structs.replace(LINK, **fields)


@pytest.mark.parametrize("seconds", [1, 60, 90 * 24 * 3600])
def test_link_expires_within_90_days(seconds: int) -> None:
    moment = NOW + timedelta(seconds=seconds)
    assert find_expiry(None, seconds, NOW) == find_expiry(moment, None, NOW) == moment


@pytest.mark.parametrize(
    ("expires_at", "expires_in"),
    [
        (None, None),
        (NOW + timedelta(days=1), 60),
        (NOW, None),
        (NOW - timedelta(seconds=1), None),
        (NOW + MAX_LIFE + timedelta(milliseconds=1), None),
        (None, 0),
        (None, -1),
        (None, 90 * 24 * 3600 + 1),
    ],
)
def test_other_expiries_cannot_be(expires_at: datetime | None, expires_in: int | None) -> None:
    with pytest.raises(InvalidValue):
        find_expiry(expires_at, expires_in, NOW)


def test_link_without_limits_takes_anything() -> None:
    assert LINK.has_room(10**15)
    assert (LINK.left_files, LINK.left_bytes) == (None, None)


@given(
    max_files=st.none() | st.integers(1, 20),
    max_bytes=st.none() | st.integers(1, 100),
    sizes=st.lists(st.integers(1, 40), max_size=40),
)
def test_what_fits_never_goes_over_a_limit(
    max_files: int | None, max_bytes: int | None, sizes: list[int]
) -> None:
    link = _link(max_files=max_files, max_bytes=max_bytes)
    for size in sizes:
        if link.has_room(size):
            link = link.with_file(size)
        else:
            assert link.left_files == 0 or (link.left_bytes or 0) < size
    assert link.used_files <= (max_files or len(sizes))
    assert link.used_bytes <= (max_bytes or sum(sizes))


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, LinkStatus.OPEN),
        ({"max_files": 2, "used_files": 1}, LinkStatus.OPEN),
        ({"max_files": 2, "used_files": 2}, LinkStatus.USED_UP),
        ({"max_files": 2, "used_files": 2, "deleted_files": 2}, LinkStatus.USED_UP),
        ({"max_bytes": 10, "used_bytes": 10}, LinkStatus.USED_UP),
        ({"expires_at": NOW}, LinkStatus.EXPIRED),
        ({"expires_at": NOW, "revoked_at": NOW}, LinkStatus.REVOKED),
    ],
)
def test_status_says_why_a_link_takes_nothing(
    fields: dict[str, object], status: LinkStatus
) -> None:
    link = _link(**fields)
    assert link.status(NOW) is status
    refusals = {LinkStatus.USED_UP: LinkUsedUp, LinkStatus.EXPIRED: LinkExpired}
    if status in refusals:
        with pytest.raises(refusals[status]):
            check_takes_files(link, NOW)
    elif status is LinkStatus.OPEN:
        check_takes_files(link, NOW)
