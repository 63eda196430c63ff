"""The operations of the tag `resumable_uploads`, as methods that return the answer or raise the problem."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..._async.operations import AsyncOperations
from ..._sync.operations import Operations
from ...types import UNSET, Unset

if TYPE_CHECKING:
    from ...types import File


class ResumableUploadsOperations(Operations):
    """The operations of the tag `resumable_uploads`."""

    def create_resumable_upload(
        self,
        *,
        body: File | Unset = UNSET,
        tus_resumable: str,
        upload_length: int,
        upload_metadata: str | Unset = UNSET,
        upload_checksum: str | Unset = UNSET,
        idempotency_key: str | Unset = UNSET,
    ) -> None:
        """Create a resumable upload.

        Creates a resumable upload of one file. The body can have its first bytes.

        An `OPTIONS` of this path describes the service: `Tus-Version`, `Tus-Extension`,
        `Tus-Max-Size`, `Tus-Checksum-Algorithm`.

        A finished upload becomes an image by `POST /v1/jobs/uploads` or, with the token of a link,
        by `POST /v1/uploads/jobs`. One that gets no bytes for a day, or is not used, is removed.
        Through a link, an upload reserves a place: the limits of the link hold for uploads that
        are not finished, too.

        A creation with the `Idempotency-Key` of an earlier one gets the same upload, as far as it
        is. So an answer that was lost costs no second place.
        """
        from .create_resumable_upload import sync_detailed

        self._call(
            sync_detailed,
            body=body,
            tus_resumable=tus_resumable,
            upload_length=upload_length,
            upload_metadata=upload_metadata,
            upload_checksum=upload_checksum,
            idempotency_key=idempotency_key,
        )

    def delete_resumable_upload(
        self,
        upload_id: str,
        *,
        tus_resumable: str,
    ) -> None:
        """Delete a resumable upload.

        Deletes an upload that no job has used, with its bytes; its place in a link is free.
        """
        from .delete_resumable_upload import sync_detailed

        self._call(
            sync_detailed,
            upload_id=upload_id,
            tus_resumable=tus_resumable,
        )

    def get_resumable_upload(
        self,
        upload_id: str,
        *,
        tus_resumable: str,
    ) -> None:
        """Retrieve the offset of a resumable upload.

        Retrieves how many bytes of an upload are stored, to go on from there.

        A request that is sending bytes to it at this moment is ended with `upload_interrupted`: so
        the offset is final. While the service cannot tell it, the answer is 423 instead of 429 or
        503: clients of tus ask again then, and do not begin a new upload.
        """
        from .get_resumable_upload import sync_detailed

        self._call(
            sync_detailed,
            upload_id=upload_id,
            tus_resumable=tus_resumable,
        )

    def continue_resumable_upload(
        self,
        upload_id: str,
        *,
        body: File,
        tus_resumable: str,
        upload_offset: int,
        upload_checksum: str | Unset = UNSET,
    ) -> None:
        """Send bytes of a resumable upload.

        Adds bytes to an upload. If the request breaks off, those that arrived are kept.

        Of two requests at the same time, the later one goes on, and the earlier one is answered
        with `upload_offset_conflict` or `upload_interrupted`: retrieve the offset, and go on.
        """
        from .continue_resumable_upload import sync_detailed

        self._call(
            sync_detailed,
            upload_id=upload_id,
            body=body,
            tus_resumable=tus_resumable,
            upload_offset=upload_offset,
            upload_checksum=upload_checksum,
        )


class AsyncResumableUploadsOperations(AsyncOperations):
    """The operations of the tag `resumable_uploads`, for asyncio and trio."""

    async def create_resumable_upload(
        self,
        *,
        body: File | Unset = UNSET,
        tus_resumable: str,
        upload_length: int,
        upload_metadata: str | Unset = UNSET,
        upload_checksum: str | Unset = UNSET,
        idempotency_key: str | Unset = UNSET,
    ) -> None:
        """Create a resumable upload.

        Creates a resumable upload of one file. The body can have its first bytes.

        An `OPTIONS` of this path describes the service: `Tus-Version`, `Tus-Extension`,
        `Tus-Max-Size`, `Tus-Checksum-Algorithm`.

        A finished upload becomes an image by `POST /v1/jobs/uploads` or, with the token of a link,
        by `POST /v1/uploads/jobs`. One that gets no bytes for a day, or is not used, is removed.
        Through a link, an upload reserves a place: the limits of the link hold for uploads that
        are not finished, too.

        A creation with the `Idempotency-Key` of an earlier one gets the same upload, as far as it
        is. So an answer that was lost costs no second place.
        """
        from .create_resumable_upload import asyncio_detailed

        await self._call(
            asyncio_detailed,
            body=body,
            tus_resumable=tus_resumable,
            upload_length=upload_length,
            upload_metadata=upload_metadata,
            upload_checksum=upload_checksum,
            idempotency_key=idempotency_key,
        )

    async def delete_resumable_upload(
        self,
        upload_id: str,
        *,
        tus_resumable: str,
    ) -> None:
        """Delete a resumable upload.

        Deletes an upload that no job has used, with its bytes; its place in a link is free.
        """
        from .delete_resumable_upload import asyncio_detailed

        await self._call(
            asyncio_detailed,
            upload_id=upload_id,
            tus_resumable=tus_resumable,
        )

    async def get_resumable_upload(
        self,
        upload_id: str,
        *,
        tus_resumable: str,
    ) -> None:
        """Retrieve the offset of a resumable upload.

        Retrieves how many bytes of an upload are stored, to go on from there.

        A request that is sending bytes to it at this moment is ended with `upload_interrupted`: so
        the offset is final. While the service cannot tell it, the answer is 423 instead of 429 or
        503: clients of tus ask again then, and do not begin a new upload.
        """
        from .get_resumable_upload import asyncio_detailed

        await self._call(
            asyncio_detailed,
            upload_id=upload_id,
            tus_resumable=tus_resumable,
        )

    async def continue_resumable_upload(
        self,
        upload_id: str,
        *,
        body: File,
        tus_resumable: str,
        upload_offset: int,
        upload_checksum: str | Unset = UNSET,
    ) -> None:
        """Send bytes of a resumable upload.

        Adds bytes to an upload. If the request breaks off, those that arrived are kept.

        Of two requests at the same time, the later one goes on, and the earlier one is answered
        with `upload_offset_conflict` or `upload_interrupted`: retrieve the offset, and go on.
        """
        from .continue_resumable_upload import asyncio_detailed

        await self._call(
            asyncio_detailed,
            upload_id=upload_id,
            body=body,
            tus_resumable=tus_resumable,
            upload_offset=upload_offset,
            upload_checksum=upload_checksum,
        )
