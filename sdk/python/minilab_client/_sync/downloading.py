# Derived from _async/downloading.py by `make sdk`: edit that file.
"""Downloads that continue after a broken connection."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

import httpx

from ..problems import ConnectionFailed
from .http import failed

_MAX_FAILURES = 5
_PAUSE_SECONDS = 0.5


def stream_content(http: httpx.Client, path: str, params: dict[str, Any]) -> Iterator[bytes]:
    """Yield the bytes of a picture.

    Raises:
        ApiError: The service refused the request.
        ConnectionFailed: The connection broke repeatedly, or the picture changed meanwhile.
    """
    received, failures, etag = 0, 0, ""
    while True:
        # Positions count the bytes of the picture, not those of a compressed answer.
        headers = {"Accept-Encoding": "identity"}
        if received:
            headers["Range"] = f"bytes={received}-"
        if etag:
            headers["If-Range"] = etag
        with http.stream("GET", path, params=params, headers=headers) as response:
            if received and response.status_code != httpx.codes.PARTIAL_CONTENT:
                raise ConnectionFailed("the picture changed while it was downloaded")
            # What comes from elsewhere is an original, which never changes.
            is_original = bool(response.history)
            etag = "" if is_original else response.headers.get("ETag", "")
            try:
                for chunk in response.iter_bytes():
                    received += len(chunk)
                    failures = 0
                    yield chunk
            except httpx.TransportError as cause:
                failures += 1
                if failures > _MAX_FAILURES or not (etag or is_original):
                    raise failed(response.request, cause) from cause
            else:
                return
        time.sleep(_PAUSE_SECONDS * failures * random.uniform(0.75, 1.25))  # noqa: S311
