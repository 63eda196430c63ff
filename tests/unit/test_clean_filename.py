"""File names as they are kept."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.filenames import UNNAMED, clean_filename


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("a.jpg", "a.jpg"),
        ("", UNNAMED),
        ("/", UNNAMED),
        ("a/", UNNAMED),
        ("..", UNNAMED),
        ("\u200d\u202e.", UNNAMED),
        ("عکس\u200cها.png", "عکس\u200cها.png"),
        ("👩\u200d👧.png", "👩\u200d👧.png"),
        ("a\u202fb\u3000c.png", "a\u202fb\u3000c.png"),
        ("\U0001fae8.png", "\U0001fae8.png"),
        ("a\u2066b\u200e\ufeff\ufffe.png", "ab.png"),
        ("../../a.jpg", "a.jpg"),
        ("..\\a.jpg", "a.jpg"),
        ("C:\\photos/2026\\a.jpg", "a.jpg"),
        ("a\x00\r\n\t\x7fb.jpg", "ab.jpg"),
        ("a\u2028\u202eb.jpg", "ab.jpg"),
        ("  a.jpg  ", "a.jpg"),
        ("写真 📷.jpg", "写真 📷.jpg"),
        ("x" * 30 + ".jpeg", "x" * 15 + ".jpeg"),
        ("x" * 30, "x" * 20),
        ("x." + "y" * 30, "x." + "y" * 18),
        (".jpg", ".jpg"),
    ],
)
def test_keeps_the_last_part_without_control_characters(name: str, kept: str) -> None:
    assert clean_filename(name, 20) == kept


@given(st.text(max_size=400), st.integers(16, 255))
def test_no_name_holds_a_path_or_is_too_long(name: str, max_chars: int) -> None:
    kept = clean_filename(name, max_chars)
    assert len(kept) <= max_chars
    assert not set(kept) & set("/\\")
    assert kept
    assert not {unicodedata.category(character) for character in kept} & {"Cc", "Cs", "Zl", "Zp"}


@given(st.text(max_size=400))
def test_cleaning_twice_changes_nothing(name: str) -> None:
    kept = clean_filename(name, 255)
    assert clean_filename(kept, 255) == kept
