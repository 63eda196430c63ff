"""Prefer, If-None-Match and Range: usual, unusual and wrong values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.http.headers import is_known, requested_range, wait_seconds
from domain.errors.requests import RangeNotSatisfiable


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("wait=10", 10),
        ("wait=0", 0),
        ("WAIT=10", 10),
        (" wait = 10 ", 10),
        ('wait="10"', 10),
        ("respond-async, wait=10", 10),
        ("respond-async;wait=10", 10),
        ("wait=30", 30),
        ("wait=31", 30),
        ("wait=" + "9" * 50, 30),
        (None, None),
        ("", None),
        ("respond-async", None),
        ("wait", None),
        ("wait=", None),
        ("wait=-1", None),
        ("wait=1.5", None),
        ("wait=ten", None),
        ("wait=²", None),
        ("wait=٣", None),
        ("waiting=5", None),
        (";;,,==", None),
    ],
)
def test_reads_how_long_a_client_prefers_to_wait(prefer: str | None, seconds: int | None) -> None:
    assert wait_seconds(prefer) == seconds


@given(st.text(max_size=300))
def test_no_prefer_header_breaks_anything(prefer: str) -> None:
    assert wait_seconds(prefer) in {None, *range(31)}


@pytest.mark.parametrize(
    ("header", "known"),
    [
        ('"v1"', True),
        ('W/"v1"', True),
        ('"v0", "v1"', True),
        ("*", True),
        ('"v2"', False),
        ("", False),
        (None, False),
        (",,,", False),
        ('"v1', False),
    ],
)
def test_knows_which_version_a_client_has(header: str | None, known: bool) -> None:
    assert is_known(header, "v1") is known


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("bytes=0-9", (0, 10)),
        ("bytes=10-", (10, 100)),
        ("bytes=-10", (90, 100)),
        ("bytes=-1000", (0, 100)),
        ("bytes=99-99", (99, 100)),
        ("bytes=50-1000", (50, 100)),
        (None, None),
        ("", None),
        ("bytes=9-5", None),
        ("bytes=0-1,3-4", None),
        ("items=0-1", None),
        ("junk", None),
    ],
)
def test_reads_a_byte_range(header: str | None, found: tuple[int, int] | None) -> None:
    assert requested_range(header, 100) == found


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=99999999999999-"])
def test_refuses_a_range_past_the_end(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable):
        requested_range(header, 100)


@given(st.from_regex(r"(bytes|x)=[-0-9 ,]{0,30}", fullmatch=True), st.integers(1, 10_000))
def test_every_range_lies_within_the_content(header: str, size_bytes: int) -> None:
    try:
        found = requested_range(header, size_bytes)
    except RangeNotSatisfiable:
        return
    if found is not None:
        start, stop = found
        assert 0 <= start < stop <= size_bytes
