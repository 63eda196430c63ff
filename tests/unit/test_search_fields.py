"""Search fields of an image: those that it asked for, and no position where none is kept."""

from typing import Any

import msgspec

from domain.images.values import Gps, Metadata
from tasks.images.findings import search_fields

VIENNA = Gps(48.2, 16.37, 170.0)


def _metadata(**values: Any) -> dict[str, Any]:
    return {"metadata": msgspec.to_builtins(Metadata(**values))}


def test_knows_nothing_of_what_was_not_asked_for() -> None:
    assert search_fields({}, keep_position=True) == {}
    assert search_fields({"histogram": b"", "thumbnail": {}}, keep_position=True) == {}


def test_place_is_longitude_first_and_only_where_it_may_be_known() -> None:
    results = _metadata(gps=VIENNA)
    kept = search_fields(results, keep_position=True)
    assert kept["location"] == {"type": "Point", "coordinates": [16.37, 48.2]}
    assert "location" not in search_fields(results, keep_position=False)
    assert "location" not in search_fields(_metadata(), keep_position=True)


def test_day_taken_is_that_of_the_camera() -> None:
    facts = search_fields(_metadata(taken_at="2024-12-31T23:59:59-05:00"), keep_position=True)
    assert facts["taken_on"] == "2024-12-31"
    assert search_fields(_metadata(), keep_position=True)["taken_on"] is None


def test_counts_faces_and_cuts_the_fingerprint() -> None:
    results = {"faces": [[1, 2, 3, 4], [5, 6, 7, 8]], "fingerprint": "ffff000200030004"}
    facts = search_fields(results, keep_position=True)
    assert facts["faces"] == 2
    assert facts["fingerprint"] == 0xFFFF000200030004 - 2**64
    assert facts["fingerprint_bands"] == [4, 1 << 16 | 3, 2 << 16 | 2, 3 << 16 | 0xFFFF]
