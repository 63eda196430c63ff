"""The client for people: upload, wait, follow, download, and every operation by its tag."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO, Literal
from urllib.parse import quote

from ..api import AsyncTags
from ..files import FileSource, joined, opened
from ..models.create_job_body import CreateJobBody
from ..models.gps_policy import GpsPolicy
from ..models.image_variant import ImageVariant
from ..models.job import Job
from ..retries import Retries
from ..types import UNSET
from .downloading import stream_content
from .http import connect
from .jobs import AsyncJobCalls

_DEFAULT_URL = "http://127.0.0.1:8000"


class AsyncMinilab(AsyncTags, AsyncJobCalls[Job]):
    """A Minilab service. Use it as a context manager, or close it.

    Every method raises `ApiError` for an answer that is not a success, and `ConnectionFailed` if
    there is none. Both are raised after the retries of `Retries`.

    Args:
        base_url: Address of the service; by default `MINILAB_URL` or `http://127.0.0.1:8000`.
        api_key: API key; by default `MINILAB_API_KEY`.
        timeout: Seconds in which the service must begin its answer or continue it. It must be
            longer than 30, for which a held answer may wait.
        retries: How patient the client is.
        options: Options of `httpx`, such as `verify`, `proxy` or `trust_env`.
    """

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        timeout: float = 60.0,
        retries: Retries = Retries(),  # noqa: B008 -- it cannot change
        **options: Any,
    ) -> None:
        url = base_url or os.environ.get("MINILAB_URL") or _DEFAULT_URL
        key = api_key or os.environ.get("MINILAB_API_KEY") or ""
        super().__init__(connect(url, key, timeout, retries, options))

    async def upload(
        self,
        *files: FileSource,
        operations: Iterable[str] | None = None,
        user_id: str | None = None,
        tenant: str | None = None,
        gps: GpsPolicy | Literal["keep", "strip"] | None = None,
        external_id: str | None = None,
        tags: Iterable[str] | None = None,
        attributes: Mapping[str, str] | None = None,
        callback_url: str | None = None,
        wait: bool | float = False,
        idempotency_key: str | None = None,
    ) -> Job:
        """Upload files in one request, which is accepted once, however often it has to be sent.

        Args:
            files: Paths, open files, `File`s, or pairs of a name and bytes or an open file.
            operations: Names of operations; all by default.
            user_id: User that the images belong to. Required with a service key.
            tenant: With an admin key: the tenant of the user.
            gps: `strip` removes positions; the default is a setting of the service.
            external_id: ID in your own system, for the job and its images.
            tags: Tags of the job and its images.
            attributes: Names and values for the job and its images.
            callback_url: URL that receives a signed webhook when the job ends.
            wait: Whether to wait for the end of the job; a number of seconds limits the time.
            idempotency_key: A value of your choice. Without it, each call has its own; with it, an
                upload that a crashed program repeats is accepted once too.

        Returns:
            The job. A file that was refused is an item with an error.

        Raises:
            WaitTimedOut: The job has not ended in `wait` seconds.
            TypeError, ValueError: There is no file, or something is no file.
        """
        with opened(files) as parts:
            body = CreateJobBody(
                files=parts,
                operations=joined(operations) if operations is not None else UNSET,
                user_id=user_id or UNSET,
                tenant=tenant or UNSET,
                gps=GpsPolicy(gps) if gps else UNSET,
                external_id=external_id or UNSET,
                tags=joined(tags) if tags else UNSET,
                attributes=json.dumps(dict(attributes)) if attributes else UNSET,
                callback_url=callback_url or UNSET,
            )
            job = await self.jobs.create_job(
                body=body,
                prefer=self._prefer(wait),
                idempotency_key=idempotency_key or UNSET,
            )
        return await self._wait_if(job, wait)

    async def download(
        self,
        image_id: str,
        target: str | PathLike[str] | BinaryIO,
        *,
        variant: ImageVariant | str = ImageVariant.ORIGINAL,
    ) -> None:
        """Download a picture to a file, which appears when it is complete, or to an open file."""
        if not isinstance(target, (str, PathLike)):
            async for chunk in self.stream_picture(image_id, variant=variant):
                target.write(chunk)
            return
        path = Path(target)
        part = path.with_name(f"{path.name}.part")
        try:
            with part.open("wb") as file:
                async for chunk in self.stream_picture(image_id, variant=variant):
                    file.write(chunk)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    async def read_picture(
        self, image_id: str, *, variant: ImageVariant | str = ImageVariant.ORIGINAL
    ) -> bytes:
        """Download a picture to memory."""
        return b"".join([chunk async for chunk in self.stream_picture(image_id, variant=variant)])

    def stream_picture(
        self, image_id: str, *, variant: ImageVariant | str = ImageVariant.ORIGINAL
    ) -> AsyncIterator[bytes]:
        """Download a picture in chunks; after a broken connection the download continues."""
        path = f"/v1/images/{quote(image_id, safe='')}/content"
        http = self._client.get_async_httpx_client()
        return stream_content(http, path, {"variant": str(variant)})

    async def _read_job(self, job_id: str, wait_seconds: int) -> Job:
        return await self.jobs.get_job(job_id, prefer=f"wait={wait_seconds}")
