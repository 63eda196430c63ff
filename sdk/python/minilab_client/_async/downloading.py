"""Downloads that continue after a broken connection."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from typing import Any

import anyio
import httpx

from ..problems import ConnectionFailed
from .http import failed

_MAX_FAILURES = 5
_PAUSE_SECONDS = 0.5


async def stream_content(
    http: httpx.AsyncClient, path: str, params: dict[str, Any]
) -> AsyncIterator[bytes]:
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
        async with http.stream("GET", path, params=params, headers=headers) as response:
            if received and response.status_code != httpx.codes.PARTIAL_CONTENT:
                raise ConnectionFailed("the picture changed while it was downloaded")
            # What comes from elsewhere is an original, which never changes.
            is_original = bool(response.history)
            etag = "" if is_original else response.headers.get("ETag", "")
            try:
                async for chunk in response.aiter_bytes():
                    received += len(chunk)
                    failures = 0
                    yield chunk
            except httpx.TransportError as cause:
                failures += 1
                if failures > _MAX_FAILURES or not (etag or is_original):
                    raise failed(response.request, cause) from cause
            else:
                return
        await anyio.sleep(_PAUSE_SECONDS * failures * random.uniform(0.75, 1.25))  # noqa: S311
