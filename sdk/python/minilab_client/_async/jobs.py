"""Waiting for jobs and following them, of a key and of an upload link."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Generic, Self, TypeVar
from urllib.parse import quote

import anyio

from ..models.job import Job
from ..models.link_job import LinkJob
from ..problems import WaitTimedOut
from ..types import UNSET, Unset
from .following import AsyncFollower
from .operations import AsyncOperations

if TYPE_CHECKING:
    from ..client import AuthenticatedClient
    from ..job_changes import JobChange

JobT = TypeVar("JobT", Job, LinkJob)
_MAX_WAIT_SECONDS = 30
_POLL_SECONDS = 5


class AsyncJobCalls(AsyncOperations, Generic[JobT]):
    """Calls about jobs, at one of the two places where jobs are."""

    _jobs_path = "/v1/jobs"

    @property
    def client(self) -> AuthenticatedClient:
        """The generated client, for the functions in `minilab_client.api`."""
        return self._client

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.get_async_httpx_client().aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()

    async def wait_for_job(self, job: JobT | str, *, timeout: float | None = None) -> JobT:
        """Wait for the end of a job.

        Args:
            job: The job or its ID.
            timeout: Seconds to wait at most; by default until the end.

        Raises:
            WaitTimedOut: The job has not ended in time.
        """
        if not isinstance(job, str) and job.finished_at:
            return job
        job_id = job if isinstance(job, str) else job.id
        until = math.inf if timeout is None else time.monotonic() + timeout
        while True:
            asked = time.monotonic()
            seconds = math.ceil(max(0.0, min(_MAX_WAIT_SECONDS, until - asked)))
            found = await self._read_job(job_id, seconds)
            if found.finished_at:
                return found
            now = time.monotonic()
            if now >= until:
                raise WaitTimedOut(f"job {job_id} is {found.status} after {timeout} s")
            # A proxy may drop the wish to wait.
            await anyio.sleep(min(until - now, max(0.0, asked + 1 - now)))

    def follow_job(
        self, job: JobT | str, *, poll_seconds: int = _POLL_SECONDS
    ) -> AsyncIterator[JobChange]:
        """Yield each change of a job as it happens, the last one at its end.

        The changes come from the event stream of the job, which is continued after a broken
        connection. If no stream gets through, the job is polled.

        Args:
            job: The job or its ID.
            poll_seconds: How long each request waits if the job is polled, in seconds.

        Raises:
            ApiError: The job was deleted or has expired.
        """
        job_id = job if isinstance(job, str) else job.id
        http = self._client.get_async_httpx_client()
        path = f"{self._jobs_path}/{quote(job_id, safe='')}"
        follower = AsyncFollower(http, path, lambda seconds: self._read_job(job_id, seconds))
        return follower.changes(poll_seconds)

    async def _read_job(self, job_id: str, wait_seconds: int) -> JobT:
        raise NotImplementedError

    def _prefer(self, wait: bool | float) -> str | Unset:
        if wait is False:
            return UNSET
        seconds = _MAX_WAIT_SECONDS if wait is True else math.ceil(wait)
        return f"wait={min(_MAX_WAIT_SECONDS, seconds)}"

    async def _wait_if(self, job: JobT, wait: bool | float) -> JobT:
        if wait is False:
            return job
        return await self.wait_for_job(job, timeout=None if wait is True else wait)
