"""Examples for the contract: what the service answers for the picture in the README."""

from typing import Any

from api.requests import EXAMPLE_ID, EXAMPLE_TIME

EXAMPLE_JOB: dict[str, Any] = {
    "id": EXAMPLE_ID,
    "status": "partial",
    "version": 3,
    "created_at": EXAMPLE_TIME,
    "finished_at": "2026-11-21T09:30:01Z",
    "user_id": "u1",
    "operations": ["faces"],
    "progress": {"done": 1, "failed": 1, "total": 2},
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
    "job_id": "019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b5",
    "filename": "portrait.jpg",
    "format": "jpeg",
    "media_type": "image/jpeg",
    "bytes": 10828,
    "width": 250,
    "height": 250,
    "uploaded_at": EXAMPLE_TIME,
    "status": "succeeded",
    "duplicate_of": None,
    "error": None,
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
EXAMPLE_JOB_PAGE: dict[str, Any] = {
    "items": [
        {name: value for name, value in EXAMPLE_JOB.items() if name not in {"queue", "items"}}
    ],
    "next_cursor": EXAMPLE_ID,
}
SUMMARY_FIELDS = (
    "id", "user_id", "job_id", "filename", "format", "media_type", "bytes", "width", "height",
    "uploaded_at", "status", "metadata",
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
}
EXAMPLE_CREATED_KEY: dict[str, Any] = EXAMPLE_KEY | {"key": "mlk_8fKq… shown this once"}
EXAMPLE_KEY_PAGE: dict[str, Any] = {"items": [EXAMPLE_KEY]}
EXAMPLE_HEALTH: dict[str, Any] = {"status": "ok"}
EXAMPLE_READY: dict[str, Any] = {
    "status": "ready",
    "parts": {"mongodb": True, "redis": True, "worker": True},
    "workers": 1,
}
EXAMPLE_NOT_READY: dict[str, Any] = {
    "status": "not_ready",
    "parts": {"mongodb": True, "redis": True, "worker": False},
    "workers": 0,
}
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
