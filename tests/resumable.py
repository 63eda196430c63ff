"""A client of tus that does one request at a time, and as wrongly as a test wants it."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from storage.mongo.client import DURABLE
from tests.service import ADMIN_KEY, Service, authorization

ROUTE = "/v1/uploads/tus"
TYPE = "application/offset+octet-stream"
VERSION = {"Tus-Resumable": "1.0.0"}


def metadata(**values: str) -> str:
    """Write Upload-Metadata."""
    return ",".join(f"{key} {base64.b64encode(v.encode()).decode()}" for key, v in values.items())


async def make_old(service: Service, path: str) -> None:
    """Have the time of an upload be over."""
    uploads = service.stores.database["resumable_uploads"].with_options(write_concern=DURABLE)
    past = datetime.now(UTC) - timedelta(seconds=1)
    which = {"_id": path.rsplit("/", 1)[-1]}
    changed = await uploads.update_one(which, {"$set": {"expires_at": past}})
    assert changed.matched_count == 1


class Tus:
    """Speaks tus as the holder of a key or of a link's token."""

    def __init__(self, client: httpx.AsyncClient, key: str = ADMIN_KEY) -> None:
        self._client = client
        self._headers = authorization(key) | VERSION

    async def send(self, method: str, path: str = ROUTE, **options: Any) -> httpx.Response:
        """Send a request; a header that is None is left out."""
        headers = self._headers | options.pop("headers", {})
        sent = {name: value for name, value in headers.items() if value is not None}
        return await self._client.request(method, path, headers=sent, **options)

    async def create(
        self, length: int, name: str = "a.jpg", content: Any = None, **headers: Any
    ) -> httpx.Response:
        """Create an upload, with bytes if there are some."""
        told = {"Upload-Length": str(length), "Upload-Metadata": metadata(filename=name)}
        if content is not None:
            told["Content-Type"] = TYPE
        return await self.send("POST", headers=told | headers, content=content)

    async def patch(self, path: str, offset: int, content: Any, **headers: Any) -> httpx.Response:
        """Send bytes."""
        told = {"Upload-Offset": str(offset), "Content-Type": TYPE}
        return await self.send("PATCH", path, headers=told | headers, content=content)

    async def offset(self, path: str) -> int:
        """Ask for the offset."""
        answer = await self.send("HEAD", path)
        assert answer.status_code == 200, answer.headers
        return int(answer.headers["Upload-Offset"])

    async def upload(self, content: bytes, name: str = "a.jpg") -> str:
        """Upload a file in one piece, and give its ID."""
        created = await self.create(len(content), name)
        assert created.status_code == 201, created.text
        path = created.headers["Location"]
        answer = await self.patch(path, 0, content)
        assert answer.status_code == 204, answer.text
        return str(path.rsplit("/", 1)[-1])
