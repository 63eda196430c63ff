"""Examples for the contract: what the service answers for the picture in the README."""

from datetime import date, timedelta
from typing import Any

from api.http.example_values import EXAMPLE_ID, EXAMPLE_TIME

EXAMPLE_JOB: dict[str, Any] = {
    "id": EXAMPLE_ID,
    "status": "partial",
    "version": 3,
    "created_at": EXAMPLE_TIME,
    "finished_at": "2026-11-21T09:30:01Z",
    "user_id": "u1",
    "operations": ["faces"],
    "progress": {"done": 1, "failed": 1, "total": 2},
    "expires_at": None,
    "queue": {"position": 0, "eta_seconds": 0.0},
    "items": [
        {
            "image_id": "019aa5d2-7c1f-7a10-8d52-66b1d6d1f0c3",
            "filename": "portrait.jpg",
            "status": "succeeded",
            "duplicate_of": None,
            "error": None,
            "operations": {"faces": {"status": "succeeded", "error": None}},
        },
        {
            "image_id": None,
            "filename": "notes.txt",
            "status": "failed",
            "duplicate_of": None,
            "error": {
                "code": "unsupported_format",
                "title": "The file is no image of a supported format",
                "detail": "See /v1/capabilities for what is.",
            },
            "operations": {
                "faces": {
                    "status": "failed",
                    "error": {
                        "code": "unsupported_format",
                        "title": "The file is no image of a supported format",
                        "detail": "See /v1/capabilities for what is.",
                    },
                }
            },
        },
    ],
}
EXAMPLE_FACES: dict[str, Any] = {
    "job_id": EXAMPLE_ID,
    "results": [{"filename": "portrait.jpg", "faces": [[67, 66, 118, 118]]}],
}
EXAMPLE_IMAGE: dict[str, Any] = {
    "id": EXAMPLE_ID,
    "user_id": "u1",
    "link_id": None,
    "job_id": "019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b5",
    "filename": "portrait.jpg",
    "format": "jpeg",
    "media_type": "image/jpeg",
    "bytes": 10828,
    "width": 250,
    "height": 250,
    "uploaded_at": EXAMPLE_TIME,
    "status": "succeeded",
    "gps": "keep",
    "duplicate_of": None,
    "error": None,
    "expires_at": None,
    "metadata": None,
    "histogram": None,
    "faces": [{"box": [67, 66, 118, 118]}],
    "fingerprint": None,
    "operations": {"faces": {"status": "succeeded", "version": 1, "error": None}},
}
EXAMPLE_HISTOGRAM: dict[str, Any] = {"bins": [62500, *[0] * 255], "pixels": 62500}
EXAMPLE_TICKET: dict[str, Any] = EXAMPLE_JOB | {
    "status": "queued",
    "version": 1,
    "finished_at": None,
    "progress": {"done": 0, "failed": 1, "total": 2},
    "queue": {"position": 12, "eta_seconds": 0.4},
    "items": [
        EXAMPLE_JOB["items"][0]
        | {"status": "queued", "operations": {"faces": {"status": "queued", "error": None}}},
        EXAMPLE_JOB["items"][1],
    ],
}
EXAMPLE_JOB_CHANGE: dict[str, Any] = {
    name: EXAMPLE_JOB[name] for name in ("id", "status", "version", "finished_at", "progress")
}
EXAMPLE_CANCELED: dict[str, Any] = EXAMPLE_JOB | {
    "status": "canceled",
    "items": [
        EXAMPLE_JOB["items"][0],
        EXAMPLE_JOB["items"][0]
        | {
            "image_id": "019aa5d2-7c1f-7b21-a1c9-0f6f4f5b7a10",
            "filename": "landscape.jpg",
            "status": "canceled",
            "operations": {"faces": {"status": "canceled", "error": None}},
        },
    ],
    "progress": {"done": 1, "failed": 0, "total": 2},
}
EXAMPLE_USER_DELETION: dict[str, Any] = EXAMPLE_JOB | {
    "status": "queued",
    "version": 1,
    "finished_at": None,
    "operations": ["delete_user"],
    "progress": {"done": 0, "failed": 0, "total": 1204},
    "queue": {"position": 0, "eta_seconds": None},
    "items": [],
}
NOT_IN_LISTS = {"expires_at", "queue", "items"}
EXAMPLE_JOB_PAGE: dict[str, Any] = {
    "items": [{name: value for name, value in EXAMPLE_JOB.items() if name not in NOT_IN_LISTS}],
    "next_cursor": EXAMPLE_ID,
}
SUMMARY_FIELDS = (
    "id", "user_id", "link_id", "job_id", "filename", "format", "media_type", "bytes", "width",
    "height", "uploaded_at", "status", "metadata",
)  # fmt: skip
EXAMPLE_IMAGE_PAGE: dict[str, Any] = {
    "items": [{name: EXAMPLE_IMAGE[name] for name in SUMMARY_FIELDS}],
    "next_cursor": EXAMPLE_ID,
}
EXAMPLE_NEW_KEY: dict[str, Any] = {"role": "client", "user_id": "u1", "note": "phone app"}
EXAMPLE_KEY: dict[str, Any] = EXAMPLE_NEW_KEY | {
    "id": EXAMPLE_ID,
    "hint": "mlk_8fKq",
    "created_at": EXAMPLE_TIME,
    "revoked_at": None,
    "expires_at": None,
}
EXAMPLE_CREATED_KEY: dict[str, Any] = EXAMPLE_KEY | {
    "key": "mlk_8fKq… shown this once",
    "webhook_secret": "whsec_MfKQ… shown this once",
}
EXAMPLE_KEY_PAGE: dict[str, Any] = {"items": [EXAMPLE_KEY]}
EXAMPLE_NEW_LINK: dict[str, Any] = {
    "expires_in": 604800,
    "max_files": 50,
    "note": "Photos of the summer party",
}
EXAMPLE_LINK: dict[str, Any] = {
    "id": EXAMPLE_ID,
    "status": "open",
    "note": "Photos of the summer party",
    "user_id": f"link:{EXAMPLE_ID}",
    "gps": None,
    "created_at": EXAMPLE_TIME,
    "created_by": "admin",
    "expires_at": "2026-11-28T09:30:00Z",
    "revoked_at": None,
    "max_files": 50,
    "max_bytes": None,
    "used_files": 12,
    "used_bytes": 48123456,
    "images": 11,
    "bytes": 44012345,
}
EXAMPLE_LINK_PAGE: dict[str, Any] = {"items": [EXAMPLE_LINK]}
EXAMPLE_TOKEN = "mll_the-token-of-the-link"  # noqa: S105 -- no token of any link
EXAMPLE_CREATED_LINK: dict[str, Any] = EXAMPLE_LINK | {
    **dict.fromkeys(["used_files", "used_bytes", "images", "bytes"], 0),
    "token": EXAMPLE_TOKEN,
    "upload_url": f"http://127.0.0.1:8000/v1/uploads/{EXAMPLE_TOKEN}",
    "page_url": f"http://127.0.0.1:8000/u#{EXAMPLE_TOKEN}",
}
EXAMPLE_LINK_JOB = {name: value for name, value in EXAMPLE_JOB.items() if name != "user_id"}
EXAMPLE_LINK_TICKET = {name: value for name, value in EXAMPLE_TICKET.items() if name != "user_id"}
EXAMPLE_DEAD_LETTER: dict[str, Any] = {
    "image_id": EXAMPLE_ID,
    "job_id": "019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b5",
    "user_id": "u1",
    "filename": "portrait.jpg",
    "format": "jpeg",
    "bytes": 10828,
    "operations": ["faces"],
    "error": {
        "code": "decoder_died",
        "title": "The image repeatedly ended the process that worked on it",
        "detail": "The image repeatedly ended the process that worked on it",
    },
    "gave_up_at": EXAMPLE_TIME,
    "attempts": [{"at": EXAMPLE_TIME, "worker": "worker-1:7", "reason": "decoder_died"}],
}
EXAMPLE_DEAD_LETTER_PAGE: dict[str, Any] = {"items": [EXAMPLE_DEAD_LETTER]}
EXAMPLE_CHOSEN_DEAD_LETTERS: dict[str, Any] = {"filter": {"code": "decoder_died"}}
EXAMPLE_RETRIED: dict[str, Any] = {"retried": 12, "skipped": 0, "left": 0}
EXAMPLE_DISCARDED: dict[str, Any] = {"discarded": 12, "skipped": 0, "left": 0}
EXAMPLE_HEALTH: dict[str, Any] = {"status": "ok"}
_ANSWERS: dict[str, Any] = {
    "status": "ok",
    "since": EXAMPLE_TIME,
    "detail": "It answers.",
    "action": None,
}
_DETAILS: dict[str, Any] = {
    "mongodb": _ANSWERS,
    "redis": _ANSWERS,
    "worker": _ANSWERS | {"detail": "1 at work."},
    "disk": _ANSWERS | {"detail": "52428800000 bytes are free."},
    "backlog": _ANSWERS | {"detail": "0 images wait or are worked on."},
    "webhooks": _ANSWERS | {"detail": "1 at work."},
}
EXAMPLE_READY: dict[str, Any] = {
    "status": "ready",
    "parts": {"mongodb": True, "redis": True, "worker": True},
    "workers": 1,
    "details": _DETAILS,
}
EXAMPLE_NOT_READY: dict[str, Any] = {
    "status": "not_ready",
    "parts": {"mongodb": True, "redis": True, "worker": False},
    "workers": 0,
    "details": _DETAILS
    | {
        "worker": {
            "status": "down",
            "since": EXAMPLE_TIME,
            "detail": "No worker was seen for 10 seconds: uploads are taken and are safe; their "
            "work waits for one.",
            "action": "Start a worker: python -m tasks.",
        }
    },
}
EXAMPLE_METRICS = """# HELP minilab_queue_images Images that have not ended, by class of tenants.
# TYPE minilab_queue_images gauge
minilab_queue_images{backlog="small",role="client"} 12.0
"""
EXAMPLE_CAPABILITIES: dict[str, Any] = {
    "formats": [{"format": "jpeg", "media_type": "image/jpeg"}],
    "operations": [{"name": "faces", "version": 1}],
    "limits": {
        "max_file_bytes": 67108864,
        "max_request_bytes": 2147483648,
        "max_files": 1000,
        "max_filename_chars": 255,
        "max_pixels": 100000000,
        "max_side_px": 32768,
        "max_seconds": 30.0,
        "max_wait_seconds": 30,
    },
}
EXAMPLE_LINK_UPLOADS: dict[str, Any] = EXAMPLE_CAPABILITIES | {
    "status": "open",
    "note": "Photos of the summer party",
    "expires_at": "2026-11-28T09:30:00Z",
    "gps": "keep",
    "max_files": 50,
    "max_bytes": None,
    "used_files": 12,
    "used_bytes": 48123456,
    "left_files": 38,
    "left_bytes": None,
    "items": [
        {name: value for name, value in EXAMPLE_LINK_JOB.items() if name not in NOT_IN_LISTS}
    ],
}
EXAMPLE_WEEK: dict[str, Any] = {
    "items": [
        {
            "image_id": EXAMPLE_ID,
            "uploaded_at": EXAMPLE_TIME,
            "bins": [62500, *[0] * 255],
            "pixels": 62500,
        }
    ],
    "next_cursor": EXAMPLE_ID,
}
EXAMPLE_MEDIAN: dict[str, Any] = {
    "day": "2026-11-21",
    "tz": "Europe/Vienna",
    "images": 1204,
    "normalized_by": "pixels",
    "bins": [0.00390625] * 256,
}
EXAMPLE_SIMILAR_USERS: dict[str, Any] = {
    "metric": "hellinger",
    "items": [{"user_id": "u2", "distance": 0.0321}, {"user_id": "u7", "distance": 0.0457}],
}
_EXAMPLE_DAYS = [date(2026, 10, 23) + timedelta(days=day) for day in range(30)]
EXAMPLE_STATISTICS: dict[str, Any] = {
    "totals": {
        "images": 5120,
        "users": 42,
        "bytes": 9123456789,
        "bytes_saved": 123456789,
        "faces": 3071,
    },
    "most_popular_format": {"format": "jpeg", "count": 4711},
    "top_camera_models": [{"camera_model": "NIKON D90", "count": 1204}],
    "tz": "Europe/Vienna",
    "uploads_per_day": [{"date": day.isoformat(), "count": 12 * day.day} for day in _EXAMPLE_DAYS],
    "failures": [{"code": "corrupt_image", "count": 3}],
}
