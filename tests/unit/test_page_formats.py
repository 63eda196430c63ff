"""Numbers, sizes and times as pages show them."""

from datetime import timedelta

import pytest

from api.pages.formats import (
    show_age,
    show_bytes,
    show_code,
    show_due,
    show_exposure,
    show_number,
    show_place,
    show_seconds,
    show_user,
)
from domain.images.values import Gps
from domain.tenants import owner_id
from storage.clock import utc_now


@pytest.mark.parametrize(
    ("size_bytes", "shown"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1 kB"), (1_254_000, "1.25 MB"), (4e12, "4 TB")],
)
def test_sizes_have_three_digits(size_bytes: float, shown: str) -> None:
    assert show_bytes(size_bytes) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.25, "0.2 s"), (1, "1 s"), (90, "2 min"), (7200, "2 h"), (9e5, "10 d")]
)
def test_durations_have_their_largest_unit(seconds: float, shown: str) -> None:
    assert show_seconds(seconds) == shown


def test_numbers_have_separators() -> None:
    assert (show_number(12_345), show_number(0.12345)) == ("12,345", "0.123")


def test_users_of_tenants_are_shown_with_their_tenant() -> None:
    assert show_user(owner_id("lab", "anna")) == "lab / anna"
    assert show_user("anna") == "anna"


def test_code_is_marked_and_escaped() -> None:
    assert show_code("Say `<b>` & go") == "Say <code>&lt;b&gt;</code> &amp; go"


def test_ages_say_whether_a_time_is_past() -> None:
    assert show_age(utc_now() - timedelta(hours=2, minutes=1)) == "2 h ago"
    assert show_age(utc_now() + timedelta(days=3, minutes=1)) == "in 3 d"
    assert show_due(utc_now() + timedelta(days=3, minutes=1)) == "in 3 d"
    assert show_due(utc_now() - timedelta(days=3)) == "now"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.004, "1/250 s"), (0.3, "1/3 s"), (0.5, "0.5 s"), (30, "30 s")]
)
def test_exposures_are_written_as_photographers_do(seconds: float, shown: str) -> None:
    assert show_exposure(seconds) == shown


def test_places_name_their_hemispheres() -> None:
    assert show_place(Gps(48.2085, 16.3721)) == "48.20850° N, 16.37210° E"
    assert (
        show_place(Gps(-33.5, -70.25, 520.4)) == "33.50000° S, 70.25000° W, 520\N{NO-BREAK SPACE}m"
    )
