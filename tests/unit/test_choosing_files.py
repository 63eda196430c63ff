"""The files that the command line uploads, and their grouping into requests."""

from pathlib import Path

import click
import pytest

from cli.options import Duration
from cli.uploading import PART_OVERHEAD_BYTES, REQUEST_BYTES, Chosen, choose, divide
from minilab_client.models import Limits

LIMITS = Limits(
    max_file_bytes=1,
    max_filename_chars=255,
    max_files=1000,
    max_pixels=1,
    max_request_bytes=2**31,
    max_seconds=1.0,
    max_side_px=1,
    max_wait_seconds=30,
)


def files(*sizes: int) -> list[Chosen]:
    return [Chosen(Path(f"{number}.jpg"), size) for number, size in enumerate(sizes)]


def test_folders_are_searched_for_pictures(tmp_path: Path) -> None:
    for name in ("b.JPG", "a.heic", "c.txt", ".d.jpg", ".hidden/e.jpg", "deep/er/f.webp"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    found = [file.path.relative_to(tmp_path).as_posix() for file in choose([tmp_path])]
    assert found == ["a.heic", "b.JPG", "deep/er/f.webp"]


def test_named_files_go_as_they_are_and_once(tmp_path: Path) -> None:
    file = tmp_path / "no-ending"
    file.write_bytes(b"four")
    assert choose([file, file]) == [Chosen(file, 4)]


def test_nothing_to_upload_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(click.UsageError):
        choose([tmp_path])


def test_requests_are_bounded_in_files_and_bytes() -> None:
    assert [len(request) for request in divide(files(*[1] * 120), LIMITS)] == [50, 50, 20]
    half = REQUEST_BYTES // 2 - PART_OVERHEAD_BYTES
    assert [len(request) for request in divide(files(half, half, half), LIMITS)] == [2, 1]


def test_file_over_the_limit_goes_alone_and_in_its_place() -> None:
    requests = divide(files(1, REQUEST_BYTES * 2, 1), LIMITS)
    assert [[file.path.name for file in request] for request in requests] == [
        ["0.jpg"],
        ["1.jpg"],
        ["2.jpg"],
    ]


def test_limits_of_the_service_come_first() -> None:
    two = Limits.from_dict(LIMITS.to_dict() | {"max_files": 2})
    assert [len(request) for request in divide(files(1, 1, 1), two)] == [2, 1]


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("90", 90), ("90s", 90), ("30m", 1800), ("7d", 604_800), ("2w", 1209600)],
)
def test_lengths_of_time_are_read(written: str, seconds: int) -> None:
    assert Duration().convert(written, None, None) == seconds


@pytest.mark.parametrize("written", ["", "soon", "-1s", "1.5h", "7 d", "7y"])
def test_what_is_no_length_of_time_is_refused(written: str) -> None:
    with pytest.raises(click.BadParameter):
        Duration().convert(written, None, None)
