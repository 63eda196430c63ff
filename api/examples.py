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
