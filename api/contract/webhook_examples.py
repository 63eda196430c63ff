"""Examples for the contract: webhooks, their deliveries, and what receivers get."""

from typing import Any

from api.http.example_values import EXAMPLE_ID, EXAMPLE_TIME
from domain.webhooks.events import EventType

EXAMPLE_NEW_WEBHOOK: dict[str, Any] = {
    "url": "https://example.com/minilab",
    "event_types": ["job.finished", "image.deleted"],
    "note": "the shop's back end",
}
EXAMPLE_WEBHOOK: dict[str, Any] = EXAMPLE_NEW_WEBHOOK | {
    "id": EXAMPLE_ID,
    "status": "enabled",
    "disabled_reason": None,
    "created_at": EXAMPLE_TIME,
    "created_by": "admin",
    "failing_since": None,
    "not_before": None,
}
EXAMPLE_WEBHOOK_WITH_SECRET: dict[str, Any] = EXAMPLE_WEBHOOK | {
    "secret": "whsec_MfKQ… shown this once"
}
EXAMPLE_WEBHOOK_PAGE: dict[str, Any] = {"items": [EXAMPLE_WEBHOOK]}
EXAMPLE_WEBHOOK_CHANGES: dict[str, Any] = {"event_types": None, "status": "enabled"}
EXAMPLE_KEY_WEBHOOK_SECRET: dict[str, Any] = {
    "key_id": "admin",
    "webhook_secret": "whsec_MfKQ… shown this once",
}
EXAMPLE_EVENT_ID = "msg_5f2b8a3d1c9e47f06a7b8c9d0e1f2a3b"
EXAMPLE_DELIVERY_ID = f"{EXAMPLE_EVENT_ID}:{EXAMPLE_ID}"
_ATTEMPT: dict[str, Any] = {
    "number": 1,
    "at": EXAMPLE_TIME,
    "status_code": 200,
    "seconds": 0.041,
    "answer": "ok",
    "error": None,
}
_SUMMARY: dict[str, Any] = {
    "id": EXAMPLE_DELIVERY_ID,
    "event_id": EXAMPLE_EVENT_ID,
    "event_type": "job.finished",
    "webhook_id": EXAMPLE_ID,
    "job_id": "019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b5",
    "status": "delivered",
    "attempt_count": 1,
    "last_attempt": _ATTEMPT,
    "next_attempt_at": None,
    "created_at": EXAMPLE_TIME,
    "finished_at": EXAMPLE_TIME,
    "expires_at": "2026-12-21T09:30:00Z",
}
EXAMPLE_DELIVERY: dict[str, Any] = _SUMMARY | {"attempts": [_ATTEMPT]}
EXAMPLE_DELIVERY_PAGE: dict[str, Any] = {"items": [_SUMMARY]}
EXAMPLE_TEST_DELIVERY: dict[str, Any] = EXAMPLE_DELIVERY | {
    "event_type": "webhook.test",
    "job_id": None,
    "status": "pending",
    "attempt_count": 0,
    "last_attempt": None,
    "next_attempt_at": EXAMPLE_TIME,
    "finished_at": None,
    "attempts": [],
}
EXAMPLE_REDELIVER_FAILED: dict[str, Any] = {"since": EXAMPLE_TIME}
EXAMPLE_REDELIVERED: dict[str, Any] = {"redelivered": 12}

_HOST = "https://minilab.example.com"
_IMAGE: dict[str, Any] = {"image_id": EXAMPLE_ID, "job_id": EXAMPLE_ID, "user_id": "u1"}
EXAMPLE_EVENT_DATA: dict[EventType, dict[str, Any]] = {
    EventType.JOB_FINISHED: {
        "job_id": EXAMPLE_ID,
        "user_id": "u1",
        "status": "succeeded",
        "version": 3,
        "url": f"{_HOST}/v1/jobs/{EXAMPLE_ID}",
    },
    EventType.IMAGE_PROCESSED: _IMAGE
    | {"status": "succeeded", "url": f"{_HOST}/v1/images/{EXAMPLE_ID}"},
    EventType.IMAGE_DELETED: _IMAGE | {"url": f"{_HOST}/v1/jobs/{EXAMPLE_ID}"},
    EventType.LINK_USED_UP: {
        "link_id": EXAMPLE_ID,
        "user_id": "u1",
        "used_files": 50,
        "used_bytes": 184123456,
        "url": f"{_HOST}/v1/upload-links/{EXAMPLE_ID}",
    },
    EventType.DEAD_LETTER_CREATED: {
        "dead_letter_id": EXAMPLE_ID,
        "job_id": EXAMPLE_ID,
        "user_id": "u1",
        "code": "decoder_died",
        "url": f"{_HOST}/v1/dead-letters/{EXAMPLE_ID}",
    },
    EventType.WEBHOOK_DISABLED: {
        "webhook_id": EXAMPLE_ID,
        "reason": "failing",
        "url": f"{_HOST}/v1/webhooks/{EXAMPLE_ID}",
    },
    EventType.WEBHOOK_TEST: {
        "webhook_id": EXAMPLE_ID,
        "url": f"{_HOST}/v1/webhooks/{EXAMPLE_ID}",
    },
}
