"""Events: one ID for one change, and the same bytes each time it is written."""

import json
from datetime import UTC, datetime

import msgspec

from domain.jobs import Status
from domain.webhooks.events import DATA_OF, SELECTABLE, Event, EventType, JobFinished, write_payload

EVENT = Event(
    type=EventType.JOB_FINISHED,
    object_id="j1",
    version=7,
    at=datetime(2026, 11, 21, 9, 30, 1, 250_000, tzinfo=UTC),
    key_id="k1",
    user_id="u1",
    data=JobFinished("j1", "u1", Status.PARTIAL, 7, "/v1/jobs/j1"),
)


def test_id_follows_from_type_object_and_version_alone() -> None:
    later = msgspec.structs.replace(EVENT, at=datetime.now(UTC), user_id="u2")
    assert later.id == EVENT.id
    others = [
        msgspec.structs.replace(EVENT, version=8),
        msgspec.structs.replace(EVENT, object_id="j2"),
        msgspec.structs.replace(EVENT, type=EventType.IMAGE_PROCESSED),
    ]
    assert len({EVENT.id, *(other.id for other in others)}) == 4
    assert EVENT.id.startswith("msg_")
    assert "." not in EVENT.id  # Signatures put one between it and the time.


def test_payload_is_thin_and_links_to_the_rest() -> None:
    written = write_payload(EVENT, "https://minilab.example.com")
    assert json.loads(written) == {
        "type": "job.finished",
        "timestamp": "2026-11-21T09:30:01.250000Z",
        "data": {
            "job_id": "j1",
            "user_id": "u1",
            "status": "partial",
            "version": 7,
            "url": "https://minilab.example.com/v1/jobs/j1",
        },
    }
    assert written == write_payload(EVENT, "https://minilab.example.com")


def test_payload_has_a_path_where_no_address_is_known() -> None:
    assert json.loads(write_payload(EVENT, ""))["data"]["url"] == "/v1/jobs/j1"


def test_every_type_has_a_schema_and_a_place_to_read_more() -> None:
    assert DATA_OF.keys() == set(EventType)
    assert all("url" in data.__struct_fields__ for data in DATA_OF.values())
    assert {"job.finished", "image.processed", "image.deleted", "link.used_up"} < set(SELECTABLE)
