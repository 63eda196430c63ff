"""The operations of the tag `uploads_through_links`, as methods that return the answer or raise the problem."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, cast

from ..._async.operations import AsyncOperations
from ..._sync.operations import Operations
from ...types import UNSET, Unset

if TYPE_CHECKING:
    from typing import cast

    from ...models.create_link_upload_body import CreateLinkUploadBody
    from ...models.create_link_upload_by_url_body import CreateLinkUploadByUrlBody
    from ...models.create_link_upload_from_uploads_body import CreateLinkUploadFromUploadsBody
    from ...models.events_url import EventsUrl
    from ...models.link_image import LinkImage
    from ...models.link_job import LinkJob
    from ...models.link_job_summary import LinkJobSummary
    from ...models.link_uploads import LinkUploads


class UploadsThroughLinksOperations(Operations):
    """The operations of the tag `uploads_through_links`."""

    def get_link_result(
        self,
        token: str,
        image_id: str,
    ) -> LinkImage:
        """Retrieve the results of an image for its uploader.

        Retrieves an image of a job by the `results_url` that the answer to its upload had.

        Other holders of the link do not know this URL, so people see the results of their own uploads
        only. It works for a week at least, and ends when the link is revoked.
        """
        from .get_link_result import sync_detailed

        return cast(
            "LinkImage",
            self._call(
                sync_detailed,
                token=token,
                image_id=image_id,
            ),
        )

    def get_link_uploads(
        self,
        *,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
    ) -> LinkUploads:
        """Retrieve a link with its uploads.

        Retrieves what the link still accepts, and a page of its uploads, newest first.
        """
        from .get_link_uploads import sync_detailed

        return cast(
            "LinkUploads",
            self._call(
                sync_detailed,
                limit=limit,
                cursor=cursor,
            ),
        )

    def iterate_link_uploads(
        self,
        *,
        limit: int | Unset = UNSET,
    ) -> Iterator[LinkJobSummary]:
        """Retrieve a link with its uploads: all items, page by page; `limit` is the size of a page."""
        return self._iterate(
            self.get_link_uploads,
            limit=limit,
        )

    def create_link_upload(
        self,
        *,
        body: CreateLinkUploadBody,
        prefer: str | Unset = UNSET,
        idempotency_key: str | Unset = UNSET,
    ) -> LinkJob:
        """Upload files with a link.

        Uploads files as `POST /v1/jobs` does, within the limits of the link.

        Files become images in the order of the request. Files that exceed the limits become items
        with the error `link_used_up`; the request only fails if no file fits.

        The body can also be a file itself, as in `POST /v1/jobs/file`.
        """
        from .create_link_upload import sync_detailed

        return cast(
            "LinkJob",
            self._call(
                sync_detailed,
                body=body,
                prefer=prefer,
                idempotency_key=idempotency_key,
            ),
        )

    def create_link_upload_from_uploads(
        self,
        *,
        body: CreateLinkUploadFromUploadsBody,
        prefer: str | Unset = UNSET,
        idempotency_key: str | Unset = UNSET,
    ) -> LinkJob:
        """Create a job from resumable uploads of a link.

        Creates a job for files whose bytes were sent by resumable uploads before.

        Their places in the link were reserved at their creation, so they fit, also after the link
        has expired. In all else it is `POST /v1/jobs/uploads`. `POST /v1/uploads` takes such a
        body too.
        """
        from .create_link_upload_from_uploads import sync_detailed

        return cast(
            "LinkJob",
            self._call(
                sync_detailed,
                body=body,
                prefer=prefer,
                idempotency_key=idempotency_key,
            ),
        )

    def get_link_job(
        self,
        job_id: str,
        *,
        prefer: str | Unset = UNSET,
        if_none_match: str | Unset = UNSET,
    ) -> LinkJob:
        """Retrieve an upload of a link.

        Retrieves an upload. It stays available after the link expires, until it is revoked.
        """
        from .get_link_job import sync_detailed

        return cast(
            "LinkJob",
            self._call(
                sync_detailed,
                job_id=job_id,
                prefer=prefer,
                if_none_match=if_none_match,
            ),
        )

    def get_link_job_events_url(
        self,
        job_id: str,
    ) -> EventsUrl:
        """Create a URL of the event stream of an upload that needs no token.

        Creates a URL for an `EventSource`, as `GET /v1/jobs/{job_id}/events-url` does.

        The stream ends when the link is revoked.
        """
        from .get_link_job_events_url import sync_detailed

        return cast(
            "EventsUrl",
            self._call(
                sync_detailed,
                job_id=job_id,
            ),
        )

    def create_link_upload_by_url(
        self,
        token: str,
        *,
        body: CreateLinkUploadByUrlBody,
        prefer: str | Unset = UNSET,
        idempotency_key: str | Unset = UNSET,
    ) -> LinkJob:
        """Upload files to the URL of a link.

        Uploads files as `POST /v1/uploads` does, for clients that cannot send a header.

        `Location` names the route that takes the token as bearer: it does not repeat the token.
        """
        from .create_link_upload_by_url import sync_detailed

        return cast(
            "LinkJob",
            self._call(
                sync_detailed,
                token=token,
                body=body,
                prefer=prefer,
                idempotency_key=idempotency_key,
            ),
        )

    def get_link_job_by_url(
        self,
        token: str,
        job_id: str,
        *,
        prefer: str | Unset = UNSET,
        if_none_match: str | Unset = UNSET,
    ) -> LinkJob:
        """Retrieve an upload at the URL of a link.

        Retrieves an upload as `GET /v1/uploads/jobs/{job_id}` does.
        """
        from .get_link_job_by_url import sync_detailed

        return cast(
            "LinkJob",
            self._call(
                sync_detailed,
                token=token,
                job_id=job_id,
                prefer=prefer,
                if_none_match=if_none_match,
            ),
        )


class AsyncUploadsThroughLinksOperations(AsyncOperations):
    """The operations of the tag `uploads_through_links`, for asyncio and trio."""

    async def get_link_result(
        self,
        token: str,
        image_id: str,
    ) -> LinkImage:
        """Retrieve the results of an image for its uploader.

        Retrieves an image of a job by the `results_url` that the answer to its upload had.

        Other holders of the link do not know this URL, so people see the results of their own uploads
        only. It works for a week at least, and ends when the link is revoked.
        """
        from .get_link_result import asyncio_detailed

        return cast(
            "LinkImage",
            await self._call(
                asyncio_detailed,
                token=token,
                image_id=image_id,
            ),
        )

    async def get_link_uploads(
        self,
        *,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
    ) -> LinkUploads:
        """Retrieve a link with its uploads.

        Retrieves what the link still accepts, and a page of its uploads, newest first.
        """
        from .get_link_uploads import asyncio_detailed

        return cast(
            "LinkUploads",
            await self._call(
                asyncio_detailed,
                limit=limit,
                cursor=cursor,
            ),
        )

    def iterate_link_uploads(
        self,
        *,
        limit: int | Unset = UNSET,
    ) -> AsyncIterator[LinkJobSummary]:
        """Retrieve a link with its uploads: all items, page by page; `limit` is the size of a page."""
        return self._iterate(
            self.get_link_uploads,
            limit=limit,
        )

    async def create_link_upload(
        self,
        *,
        body: CreateLinkUploadBody,
        prefer: str | Unset = UNSET,
        idempotency_key: str | Unset = UNSET,
    ) -> LinkJob:
        """Upload files with a link.

        Uploads files as `POST /v1/jobs` does, within the limits of the link.

        Files become images in the order of the request. Files that exceed the limits become items
        with the error `link_used_up`; the request only fails if no file fits.

        The body can also be a file itself, as in `POST /v1/jobs/file`.
        """
        from .create_link_upload import asyncio_detailed

        return cast(
            "LinkJob",
            await self._call(
                asyncio_detailed,
                body=body,
                prefer=prefer,
                idempotency_key=idempotency_key,
            ),
        )

    async def create_link_upload_from_uploads(
        self,
        *,
        body: CreateLinkUploadFromUploadsBody,
        prefer: str | Unset = UNSET,
        idempotency_key: str | Unset = UNSET,
    ) -> LinkJob:
        """Create a job from resumable uploads of a link.

        Creates a job for files whose bytes were sent by resumable uploads before.

        Their places in the link were reserved at their creation, so they fit, also after the link
        has expired. In all else it is `POST /v1/jobs/uploads`. `POST /v1/uploads` takes such a
        body too.
        """
        from .create_link_upload_from_uploads import asyncio_detailed

        return cast(
            "LinkJob",
            await self._call(
                asyncio_detailed,
                body=body,
                prefer=prefer,
                idempotency_key=idempotency_key,
            ),
        )

    async def get_link_job(
        self,
        job_id: str,
        *,
        prefer: str | Unset = UNSET,
        if_none_match: str | Unset = UNSET,
    ) -> LinkJob:
        """Retrieve an upload of a link.

        Retrieves an upload. It stays available after the link expires, until it is revoked.
        """
        from .get_link_job import asyncio_detailed

        return cast(
            "LinkJob",
            await self._call(
                asyncio_detailed,
                job_id=job_id,
                prefer=prefer,
                if_none_match=if_none_match,
            ),
        )

    async def get_link_job_events_url(
        self,
        job_id: str,
    ) -> EventsUrl:
        """Create a URL of the event stream of an upload that needs no token.

        Creates a URL for an `EventSource`, as `GET /v1/jobs/{job_id}/events-url` does.

        The stream ends when the link is revoked.
        """
        from .get_link_job_events_url import asyncio_detailed

        return cast(
            "EventsUrl",
            await self._call(
                asyncio_detailed,
                job_id=job_id,
            ),
        )

    async def create_link_upload_by_url(
        self,
        token: str,
        *,
        body: CreateLinkUploadByUrlBody,
        prefer: str | Unset = UNSET,
        idempotency_key: str | Unset = UNSET,
    ) -> LinkJob:
        """Upload files to the URL of a link.

        Uploads files as `POST /v1/uploads` does, for clients that cannot send a header.

        `Location` names the route that takes the token as bearer: it does not repeat the token.
        """
        from .create_link_upload_by_url import asyncio_detailed

        return cast(
            "LinkJob",
            await self._call(
                asyncio_detailed,
                token=token,
                body=body,
                prefer=prefer,
                idempotency_key=idempotency_key,
            ),
        )

    async def get_link_job_by_url(
        self,
        token: str,
        job_id: str,
        *,
        prefer: str | Unset = UNSET,
        if_none_match: str | Unset = UNSET,
    ) -> LinkJob:
        """Retrieve an upload at the URL of a link.

        Retrieves an upload as `GET /v1/uploads/jobs/{job_id}` does.
        """
        from .get_link_job_by_url import asyncio_detailed

        return cast(
            "LinkJob",
            await self._call(
                asyncio_detailed,
                token=token,
                job_id=job_id,
                prefer=prefer,
                if_none_match=if_none_match,
            ),
        )
