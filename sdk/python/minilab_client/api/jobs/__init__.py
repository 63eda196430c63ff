"""The operations of the tag `jobs`, as methods that return the answer or raise the problem."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, cast

from ..._async.operations import AsyncOperations
from ..._sync.operations import Operations
from ...types import UNSET, Unset

if TYPE_CHECKING:
    from typing import cast

    from ...models.create_job_body import CreateJobBody
    from ...models.create_job_from_uploads_body import CreateJobFromUploadsBody
    from ...models.create_job_from_urls_body import CreateJobFromUrlsBody
    from ...models.detect_faces_body import DetectFacesBody
    from ...models.events_url import EventsUrl
    from ...models.faces import Faces
    from ...models.gps_policy import GpsPolicy
    from ...models.image_variant import ImageVariant
    from ...models.job import Job
    from ...models.job_summary import JobSummary
    from ...models.job_summary_page import JobSummaryPage
    from ...models.mark_changes import MarkChanges
    from ...models.status import Status
    from ...types import File


class JobsOperations(Operations):
    """The operations of the tag `jobs`."""

    def detect_faces(
        self,
        *,
        body: DetectFacesBody,
        prefer: str | Unset = UNSET,
        idempotency_key: str | Unset = UNSET,
    ) -> Faces | Job:
        """Detect faces.

        Detects faces in files: in the response with `Prefer: wait=30`, else through the job.

        The body can also be a file itself, as in `POST /v1/jobs/file`.
        """
        from .detect_faces import sync_detailed

        return cast(
            "Faces | Job",
            self._call(
                sync_detailed,
                body=body,
                prefer=prefer,
                idempotency_key=idempotency_key,
            ),
        )

    def list_jobs(
        self,
        *,
        user_id: str | Unset = UNSET,
        tenant: str | Unset = UNSET,
        status: Status | Unset = UNSET,
        external_id: str | Unset = UNSET,
        tag: list[str] | Unset = UNSET,
        attribute: list[str] | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
    ) -> JobSummaryPage:
        """List jobs.

        Lists jobs, newest first.
        """
        from .list_jobs import sync_detailed

        return cast(
            "JobSummaryPage",
            self._call(
                sync_detailed,
                user_id=user_id,
                tenant=tenant,
                status=status,
                external_id=external_id,
                tag=tag,
                attribute=attribute,
                limit=limit,
                cursor=cursor,
            ),
        )

    def iterate_jobs(
        self,
        *,
        user_id: str | Unset = UNSET,
        tenant: str | Unset = UNSET,
        status: Status | Unset = UNSET,
        external_id: str | Unset = UNSET,
        tag: list[str] | Unset = UNSET,
        attribute: list[str] | Unset = UNSET,
        limit: int | Unset = UNSET,
    ) -> Iterator[JobSummary]:
        """List jobs: all items, page by page; `limit` is the size of a page."""
        return self._iterate(
            self.list_jobs,
            user_id=user_id,
            tenant=tenant,
            status=status,
            external_id=external_id,
            tag=tag,
            attribute=attribute,
            limit=limit,
        )

    def create_job(
        self,
        *,
        body: CreateJobBody,
        prefer: str | Unset = UNSET,
        idempotency_key: str | Unset = UNSET,
    ) -> Job:
        """Upload files.

        Uploads any number of files, in form parts of any name, and creates a job for them.

        A file that cannot be used becomes an item with an error; the request only fails if it
        has no file at all. Once the job is accepted, every image reaches a final status.

        The body can also be a file itself, as in `POST /v1/jobs/file`, or name the URLs of files,
        as in `POST /v1/jobs/urls`.
        """
        from .create_job import sync_detailed

        return cast(
            "Job",
            self._call(
                sync_detailed,
                body=body,
                prefer=prefer,
                idempotency_key=idempotency_key,
            ),
        )

    def create_job_from_file(
        self,
        *,
        body: File,
        operations: str | Unset = UNSET,
        user_id: str | Unset = UNSET,
        tenant: str | Unset = UNSET,
        gps: GpsPolicy | Unset = UNSET,
        callback_url: str | Unset = UNSET,
        external_id: str | Unset = UNSET,
        tags: str | Unset = UNSET,
        attributes: str | Unset = UNSET,
        prefer: str | Unset = UNSET,
        idempotency_key: str | Unset = UNSET,
        content_disposition: str | Unset = UNSET,
    ) -> Job:
        """Upload one file as the body.

        Uploads one file, which is the body of the request, and creates a job for it.

        The `Content-Type` is any `image/*` or `application/octet-stream`: the format is detected
        from the bytes. In all else it is `POST /v1/jobs`, which takes such a body too.
        """
        from .create_job_from_file import sync_detailed

        return cast(
            "Job",
            self._call(
                sync_detailed,
                body=body,
                operations=operations,
                user_id=user_id,
                tenant=tenant,
                gps=gps,
                callback_url=callback_url,
                external_id=external_id,
                tags=tags,
                attributes=attributes,
                prefer=prefer,
                idempotency_key=idempotency_key,
                content_disposition=content_disposition,
            ),
        )

    def create_job_from_uploads(
        self,
        *,
        body: CreateJobFromUploadsBody,
        prefer: str | Unset = UNSET,
        idempotency_key: str | Unset = UNSET,
    ) -> Job:
        """Create a job from resumable uploads.

        Creates a job for files whose bytes were sent by resumable uploads before.

        Each upload is an item, in the order of the list. An upload is used once: a second job with
        it is refused with `upload_used`, unless it repeats the first request with the same
        `Idempotency-Key`. If one cannot be used, none is. In all else it is `POST /v1/jobs`, which
        takes such a body too.
        """
        from .create_job_from_uploads import sync_detailed

        return cast(
            "Job",
            self._call(
                sync_detailed,
                body=body,
                prefer=prefer,
                idempotency_key=idempotency_key,
            ),
        )

    def create_job_from_urls(
        self,
        *,
        body: CreateJobFromUrlsBody,
        prefer: str | Unset = UNSET,
        idempotency_key: str | Unset = UNSET,
    ) -> Job:
        """Upload files by their URLs.

        Creates a job for files that a worker fetches from their URLs.

        Each URL is an item, which has no image until its file is fetched. A URL that cannot be
        fetched is an item with the error `fetch_refused`, `fetch_failed` or `fetch_timeout`, or
        with that of its file. In all else it is `POST /v1/jobs`, which takes such a body too.
        """
        from .create_job_from_urls import sync_detailed

        return cast(
            "Job",
            self._call(
                sync_detailed,
                body=body,
                prefer=prefer,
                idempotency_key=idempotency_key,
            ),
        )

    def get_job(
        self,
        job_id: str,
        *,
        user_id: str | Unset = UNSET,
        prefer: str | Unset = UNSET,
        if_none_match: str | Unset = UNSET,
    ) -> Job:
        """Retrieve a job.

        Retrieves a job, at once or, with `Prefer: wait=N`, when it ends or N seconds pass.
        """
        from .get_job import sync_detailed

        return cast(
            "Job",
            self._call(
                sync_detailed,
                job_id=job_id,
                user_id=user_id,
                prefer=prefer,
                if_none_match=if_none_match,
            ),
        )

    def cancel_job(
        self,
        job_id: str,
        *,
        user_id: str | Unset = UNSET,
    ) -> Job:
        """Cancel a job.

        Cancels the operations that have not run, and keeps the results of those that have.

        A job that has ended is left unchanged.
        """
        from .cancel_job import sync_detailed

        return cast(
            "Job",
            self._call(
                sync_detailed,
                job_id=job_id,
                user_id=user_id,
            ),
        )

    def update_job(
        self,
        job_id: str,
        *,
        body: MarkChanges,
        user_id: str | Unset = UNSET,
    ) -> Job:
        """Update a job.

        Changes the external ID, tags and attributes of a job; its images keep theirs.

        Values are merged: what you leave out stays, and an empty value removes. Changes that are
        sent at the same time are all applied.
        """
        from .update_job import sync_detailed

        return cast(
            "Job",
            self._call(
                sync_detailed,
                job_id=job_id,
                body=body,
                user_id=user_id,
            ),
        )

    def download_job(
        self,
        job_id: str,
        *,
        user_id: str | Unset = UNSET,
        variant: ImageVariant | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
    ) -> File:
        """Download the images of a job as a ZIP archive.

        Downloads the pictures of a job, as `GET /v1/images/archive` does.
        """
        from .download_job import sync_detailed

        return cast(
            "File",
            self._call(
                sync_detailed,
                job_id=job_id,
                user_id=user_id,
                variant=variant,
                limit=limit,
                cursor=cursor,
            ),
        )

    def get_job_events_url(
        self,
        job_id: str,
        *,
        user_id: str | Unset = UNSET,
    ) -> EventsUrl:
        """Create a URL of an event stream that needs no key.

        Creates a URL of the job's event stream for an `EventSource`, which sends no key.

        Connect within a minute. An `EventSource` that has received an event can reconnect for a
        day. The stream ends when the key of this request is revoked or expires.
        """
        from .get_job_events_url import sync_detailed

        return cast(
            "EventsUrl",
            self._call(
                sync_detailed,
                job_id=job_id,
                user_id=user_id,
            ),
        )

    def retry_job(
        self,
        job_id: str,
        *,
        user_id: str | Unset = UNSET,
    ) -> Job:
        """Retry a job.

        Runs the failed operations of a job again, and only those.
        """
        from .retry_job import sync_detailed

        return cast(
            "Job",
            self._call(
                sync_detailed,
                job_id=job_id,
                user_id=user_id,
            ),
        )


class AsyncJobsOperations(AsyncOperations):
    """The operations of the tag `jobs`, for asyncio and trio."""

    async def detect_faces(
        self,
        *,
        body: DetectFacesBody,
        prefer: str | Unset = UNSET,
        idempotency_key: str | Unset = UNSET,
    ) -> Faces | Job:
        """Detect faces.

        Detects faces in files: in the response with `Prefer: wait=30`, else through the job.

        The body can also be a file itself, as in `POST /v1/jobs/file`.
        """
        from .detect_faces import asyncio_detailed

        return cast(
            "Faces | Job",
            await self._call(
                asyncio_detailed,
                body=body,
                prefer=prefer,
                idempotency_key=idempotency_key,
            ),
        )

    async def list_jobs(
        self,
        *,
        user_id: str | Unset = UNSET,
        tenant: str | Unset = UNSET,
        status: Status | Unset = UNSET,
        external_id: str | Unset = UNSET,
        tag: list[str] | Unset = UNSET,
        attribute: list[str] | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
    ) -> JobSummaryPage:
        """List jobs.

        Lists jobs, newest first.
        """
        from .list_jobs import asyncio_detailed

        return cast(
            "JobSummaryPage",
            await self._call(
                asyncio_detailed,
                user_id=user_id,
                tenant=tenant,
                status=status,
                external_id=external_id,
                tag=tag,
                attribute=attribute,
                limit=limit,
                cursor=cursor,
            ),
        )

    def iterate_jobs(
        self,
        *,
        user_id: str | Unset = UNSET,
        tenant: str | Unset = UNSET,
        status: Status | Unset = UNSET,
        external_id: str | Unset = UNSET,
        tag: list[str] | Unset = UNSET,
        attribute: list[str] | Unset = UNSET,
        limit: int | Unset = UNSET,
    ) -> AsyncIterator[JobSummary]:
        """List jobs: all items, page by page; `limit` is the size of a page."""
        return self._iterate(
            self.list_jobs,
            user_id=user_id,
            tenant=tenant,
            status=status,
            external_id=external_id,
            tag=tag,
            attribute=attribute,
            limit=limit,
        )

    async def create_job(
        self,
        *,
        body: CreateJobBody,
        prefer: str | Unset = UNSET,
        idempotency_key: str | Unset = UNSET,
    ) -> Job:
        """Upload files.

        Uploads any number of files, in form parts of any name, and creates a job for them.

        A file that cannot be used becomes an item with an error; the request only fails if it
        has no file at all. Once the job is accepted, every image reaches a final status.

        The body can also be a file itself, as in `POST /v1/jobs/file`, or name the URLs of files,
        as in `POST /v1/jobs/urls`.
        """
        from .create_job import asyncio_detailed

        return cast(
            "Job",
            await self._call(
                asyncio_detailed,
                body=body,
                prefer=prefer,
                idempotency_key=idempotency_key,
            ),
        )

    async def create_job_from_file(
        self,
        *,
        body: File,
        operations: str | Unset = UNSET,
        user_id: str | Unset = UNSET,
        tenant: str | Unset = UNSET,
        gps: GpsPolicy | Unset = UNSET,
        callback_url: str | Unset = UNSET,
        external_id: str | Unset = UNSET,
        tags: str | Unset = UNSET,
        attributes: str | Unset = UNSET,
        prefer: str | Unset = UNSET,
        idempotency_key: str | Unset = UNSET,
        content_disposition: str | Unset = UNSET,
    ) -> Job:
        """Upload one file as the body.

        Uploads one file, which is the body of the request, and creates a job for it.

        The `Content-Type` is any `image/*` or `application/octet-stream`: the format is detected
        from the bytes. In all else it is `POST /v1/jobs`, which takes such a body too.
        """
        from .create_job_from_file import asyncio_detailed

        return cast(
            "Job",
            await self._call(
                asyncio_detailed,
                body=body,
                operations=operations,
                user_id=user_id,
                tenant=tenant,
                gps=gps,
                callback_url=callback_url,
                external_id=external_id,
                tags=tags,
                attributes=attributes,
                prefer=prefer,
                idempotency_key=idempotency_key,
                content_disposition=content_disposition,
            ),
        )

    async def create_job_from_uploads(
        self,
        *,
        body: CreateJobFromUploadsBody,
        prefer: str | Unset = UNSET,
        idempotency_key: str | Unset = UNSET,
    ) -> Job:
        """Create a job from resumable uploads.

        Creates a job for files whose bytes were sent by resumable uploads before.

        Each upload is an item, in the order of the list. An upload is used once: a second job with
        it is refused with `upload_used`, unless it repeats the first request with the same
        `Idempotency-Key`. If one cannot be used, none is. In all else it is `POST /v1/jobs`, which
        takes such a body too.
        """
        from .create_job_from_uploads import asyncio_detailed

        return cast(
            "Job",
            await self._call(
                asyncio_detailed,
                body=body,
                prefer=prefer,
                idempotency_key=idempotency_key,
            ),
        )

    async def create_job_from_urls(
        self,
        *,
        body: CreateJobFromUrlsBody,
        prefer: str | Unset = UNSET,
        idempotency_key: str | Unset = UNSET,
    ) -> Job:
        """Upload files by their URLs.

        Creates a job for files that a worker fetches from their URLs.

        Each URL is an item, which has no image until its file is fetched. A URL that cannot be
        fetched is an item with the error `fetch_refused`, `fetch_failed` or `fetch_timeout`, or
        with that of its file. In all else it is `POST /v1/jobs`, which takes such a body too.
        """
        from .create_job_from_urls import asyncio_detailed

        return cast(
            "Job",
            await self._call(
                asyncio_detailed,
                body=body,
                prefer=prefer,
                idempotency_key=idempotency_key,
            ),
        )

    async def get_job(
        self,
        job_id: str,
        *,
        user_id: str | Unset = UNSET,
        prefer: str | Unset = UNSET,
        if_none_match: str | Unset = UNSET,
    ) -> Job:
        """Retrieve a job.

        Retrieves a job, at once or, with `Prefer: wait=N`, when it ends or N seconds pass.
        """
        from .get_job import asyncio_detailed

        return cast(
            "Job",
            await self._call(
                asyncio_detailed,
                job_id=job_id,
                user_id=user_id,
                prefer=prefer,
                if_none_match=if_none_match,
            ),
        )

    async def cancel_job(
        self,
        job_id: str,
        *,
        user_id: str | Unset = UNSET,
    ) -> Job:
        """Cancel a job.

        Cancels the operations that have not run, and keeps the results of those that have.

        A job that has ended is left unchanged.
        """
        from .cancel_job import asyncio_detailed

        return cast(
            "Job",
            await self._call(
                asyncio_detailed,
                job_id=job_id,
                user_id=user_id,
            ),
        )

    async def update_job(
        self,
        job_id: str,
        *,
        body: MarkChanges,
        user_id: str | Unset = UNSET,
    ) -> Job:
        """Update a job.

        Changes the external ID, tags and attributes of a job; its images keep theirs.

        Values are merged: what you leave out stays, and an empty value removes. Changes that are
        sent at the same time are all applied.
        """
        from .update_job import asyncio_detailed

        return cast(
            "Job",
            await self._call(
                asyncio_detailed,
                job_id=job_id,
                body=body,
                user_id=user_id,
            ),
        )

    async def download_job(
        self,
        job_id: str,
        *,
        user_id: str | Unset = UNSET,
        variant: ImageVariant | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
    ) -> File:
        """Download the images of a job as a ZIP archive.

        Downloads the pictures of a job, as `GET /v1/images/archive` does.
        """
        from .download_job import asyncio_detailed

        return cast(
            "File",
            await self._call(
                asyncio_detailed,
                job_id=job_id,
                user_id=user_id,
                variant=variant,
                limit=limit,
                cursor=cursor,
            ),
        )

    async def get_job_events_url(
        self,
        job_id: str,
        *,
        user_id: str | Unset = UNSET,
    ) -> EventsUrl:
        """Create a URL of an event stream that needs no key.

        Creates a URL of the job's event stream for an `EventSource`, which sends no key.

        Connect within a minute. An `EventSource` that has received an event can reconnect for a
        day. The stream ends when the key of this request is revoked or expires.
        """
        from .get_job_events_url import asyncio_detailed

        return cast(
            "EventsUrl",
            await self._call(
                asyncio_detailed,
                job_id=job_id,
                user_id=user_id,
            ),
        )

    async def retry_job(
        self,
        job_id: str,
        *,
        user_id: str | Unset = UNSET,
    ) -> Job:
        """Retry a job.

        Runs the failed operations of a job again, and only those.
        """
        from .retry_job import asyncio_detailed

        return cast(
            "Job",
            await self._call(
                asyncio_detailed,
                job_id=job_id,
                user_id=user_id,
            ),
        )
