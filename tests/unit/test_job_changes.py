"""Changes of jobs: what a notice says about a job, and when it must be read instead."""

from datetime import UTC, datetime

import msgspec

from domain.claims import FinishedImage
from domain.job_changes import JobChange, apply_change, end_of
from domain.jobs import Status, Tally
from domain.records import Cell, Item, ItemError, Job, refused_item

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
OPERATIONS = ("faces",)
JOB = Job("j", "u", "k", Status.QUEUED, 1, NOW, None, OPERATIONS, Tally(waiting=1, refused=1))
IMAGE = Item(0, "a.jpg", Status.QUEUED, {"faces": Cell(Status.QUEUED)}, "i")
REFUSED = refused_item(1, "b.txt", ItemError("unsupported_format", "No."), OPERATIONS)
CELLS = {"faces": Cell(Status.SUCCEEDED, version=3)}
TALLY = Tally(succeeded=1, refused=1)
ENDED = FinishedImage("i", 1, CELLS, facts={"warnings": ["truncated"]})


def test_end_of_the_only_image_is_the_end_of_its_job() -> None:
    change = JobChange("j", 2, Status.PARTIAL, end_of(ENDED, TALLY, NOW))
    applied = apply_change(change, JOB, [IMAGE, REFUSED])
    assert applied is not None
    job, items = applied
    assert (job.status, job.version, job.tally) == (Status.PARTIAL, 2, TALLY)
    assert job.finished_at == NOW
    assert items == [
        Item(0, "a.jpg", Status.SUCCEEDED, CELLS, "i", warnings=("truncated",)),
        REFUSED,
    ]


def test_other_changes_must_be_read() -> None:
    end = end_of(ENDED, TALLY, NOW)
    assert apply_change(None, JOB, [IMAGE]) is None
    assert apply_change(JobChange("j", 2, Status.SUCCEEDED), JOB, [IMAGE]) is None
    assert apply_change(JobChange("j", 3, Status.SUCCEEDED, end), JOB, [IMAGE]) is None


def test_change_travels_and_is_readable_for_older_processes() -> None:
    class OlderChange(msgspec.Struct):
        job_id: str
        version: int
        status: Status

    change = JobChange("j", 2, Status.PARTIAL, end_of(ENDED, TALLY, NOW))
    sent = msgspec.msgpack.encode([change])
    assert msgspec.msgpack.decode(sent, type=list[JobChange]) == [change]
    (older,) = msgspec.msgpack.decode(sent, type=list[OlderChange])
    assert older.status is Status.PARTIAL
