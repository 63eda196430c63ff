"""Contributions of images to the statistics, and the user's day of a quarter of an hour."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar.days import start_of_day
from domain.plots.uploads import plot_uploads
from domain.statistics import (
    CAMERA,
    DAYS,
    QUARTER,
    STORED_BYTES,
    USER,
    Counts,
    DayCount,
    Facts,
    Upload,
    add_facts,
    add_uploads,
    count_days,
    count_users,
    day_borders,
    list_days,
    name_quarter,
    rank,
)

NOW = datetime(2026, 4, 1, 12, 34, 56, tzinfo=UTC)
FACTS = st.builds(
    Facts,
    camera_model=st.none() | st.text(max_size=3),
    faces=st.integers(0, 5),
    failures=st.lists(st.sampled_from("abc"), unique=True).map(tuple),
)
UPLOADS = st.builds(
    Upload,
    user_id=st.sampled_from("uvw"),
    format=st.sampled_from(["jpeg", "png"]),
    uploaded_at=st.integers(0, 500_000).map(lambda minutes: NOW - timedelta(minutes=minutes)),
    size_bytes=st.integers(1, 100),
    stored_bytes=st.integers(0, 100),
)


@pytest.mark.slow
@given(st.lists(st.tuples(UPLOADS, st.lists(FACTS, min_size=1))))
def test_only_the_last_facts_of_images_count(histories: list[tuple[Upload, list[Facts]]]) -> None:
    counts = Counts()
    add_uploads(counts, [upload for upload, _ in histories], 1)
    for _, history in histories:
        add_facts(counts, history, 1)
        add_facts(counts, history[:-1], -1)
    at_once = Counts()
    for upload, history in histories:
        add_uploads(at_once, [upload], 1)
        add_facts(at_once, history[-1:], 1)
    assert +counts == +at_once
    assert min(counts.values()) >= 0


@given(st.lists(UPLOADS), st.lists(FACTS))
def test_what_is_taken_back_leaves_nothing(uploads: list[Upload], facts: list[Facts]) -> None:
    counts = Counts()
    for times in (1, -1):
        add_uploads(counts, uploads, times)
        add_facts(counts, facts, times)
    assert not any(counts.values())


@given(UPLOADS)
def test_upload_is_counted_in_its_quarter_of_an_hour(upload: Upload) -> None:
    counts = Counts()
    add_uploads(counts, [upload] * 3, 1)
    assert counts[QUARTER + name_quarter(upload.uploaded_at)] == 3
    assert counts[STORED_BYTES] == 3 * upload.stored_bytes


def test_users_come_with_their_first_image_and_go_with_their_last() -> None:
    stored = {USER + "a": 1, USER + "b": 2}
    change = {USER + "a": -1, USER + "b": -1, USER + "c": 3, CAMERA + "c": 3}
    assert count_users(stored, change) == 0
    assert count_users(stored, {USER + "c": 1}) == 1
    assert count_users(stored, {USER + "a": -1}) == -1


def test_equal_counts_are_ranked_by_name_and_zeros_left_out() -> None:
    counts = {CAMERA + "b": 2, CAMERA + "a": 2, CAMERA + "c": 3, CAMERA + "d": 0}
    assert rank(counts, CAMERA) == [("c", 3), ("a", 2), ("b", 2)]
    assert rank(counts, CAMERA, 1) == [("c", 3)]


@pytest.mark.parametrize("name", sorted(available_timezones()))
def test_days_of_every_zone_begin_with_a_quarter_of_an_hour(name: str) -> None:
    zone = ZoneInfo(name)
    for year in (2025, 2026, 2027):
        for month in range(1, 13):
            start = start_of_day(date(year, month, 1), zone)
            assert name_quarter(start) == start.isoformat()[:16], start


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/Vienna", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns"]
)
def test_days_are_those_of_the_calendar(zone: str) -> None:
    # Over the change to summer time in Europe, and to winter time on Lord Howe.
    days = list_days(NOW, ZoneInfo(zone))
    assert len(days) == DAYS
    assert days[-1] == NOW.astimezone(ZoneInfo(zone)).date()
    moments = [NOW - timedelta(minutes=7 * step) for step in range(9_000)]
    quarters = Counter(QUARTER + name_quarter(moment) for moment in moments)
    expected = Counter(moment.astimezone(ZoneInfo(zone)).date() for moment in moments)
    found = count_days(days, day_borders(days, ZoneInfo(zone)), quarters)
    assert found == [DayCount(day, expected[day]) for day in days]


def test_day_that_a_zone_left_out_is_empty() -> None:
    # Samoa moved across the date line: there was no 30 December 2011.
    zone = ZoneInfo("Pacific/Apia")
    days = [date(2011, 12, day) for day in (29, 30, 31)]
    moments = [datetime(2011, 12, 29, tzinfo=UTC) + timedelta(hours=hour) for hour in range(72)]
    quarters = Counter(QUARTER + name_quarter(moment) for moment in moments)
    found = count_days(days, day_borders(days, zone), quarters)
    assert found[1].count == 0
    assert found[2].count == 24


def test_uploads_are_drawn_as_bars() -> None:
    days = [DayCount(date(2026, 3, 1) + timedelta(days=n), n) for n in range(30)]
    root = ElementTree.fromstring(plot_uploads(days, "Asia/<Kathmandu>"))  # noqa: S314
    bars = [element for element in root.iter() if element.tag.endswith("rect")]
    heights = [float(bar.attrib["height"]) for bar in bars]
    assert heights == sorted(heights)
    assert heights[0] == 0
    assert bars[29][0].text == "2026-03-30: 29"


def test_days_without_uploads_are_drawn_too() -> None:
    plot = plot_uploads([DayCount(date(2026, 3, 1), 0)], "UTC")
    assert "No uploads." in plot
