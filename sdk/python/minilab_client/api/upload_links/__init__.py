"""The operations of the tag `upload_links`, as methods that return the answer or raise the problem."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, cast

from ..._async.operations import AsyncOperations
from ..._sync.operations import Operations
from ...types import UNSET, Unset

if TYPE_CHECKING:
    from typing import cast

    from ...models.created_upload_link import CreatedUploadLink
    from ...models.image_variant import ImageVariant
    from ...models.upload_link import UploadLink
    from ...models.upload_link_page import UploadLinkPage
    from ...models.upload_link_request import UploadLinkRequest
    from ...types import File


class UploadLinksOperations(Operations):
    """The operations of the tag `upload_links`."""

    def list_upload_links(
        self,
        *,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
    ) -> UploadLinkPage:
        """List upload links.

        Lists upload links and their usage, newest first; includes those that take no files.

        With a service key, lists the links that it created or, if it has a tenant, that any
        service key of the tenant created.
        """
        from .list_upload_links import sync_detailed

        return cast(
            "UploadLinkPage",
            self._call(
                sync_detailed,
                limit=limit,
                cursor=cursor,
            ),
        )

    def iterate_upload_links(
        self,
        *,
        limit: int | Unset = UNSET,
    ) -> Iterator[UploadLink]:
        """List upload links: all items, page by page; `limit` is the size of a page."""
        return self._iterate(
            self.list_upload_links,
            limit=limit,
        )

    def create_upload_link(
        self,
        *,
        body: UploadLinkRequest,
        idempotency_key: str | Unset = UNSET,
    ) -> CreatedUploadLink:
        """Create an upload link.

        Creates an upload link. Only this response shows its token.

        A service key creates links for its users, without `tenant`. They end with it.

        If you send the request again with the same `Idempotency-Key` and the same API key, you
        get the same response with the same token.
        """
        from .create_upload_link import sync_detailed

        return cast(
            "CreatedUploadLink",
            self._call(
                sync_detailed,
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    def get_upload_link(
        self,
        link_id: str,
    ) -> UploadLink:
        """Retrieve an upload link.

        Retrieves an upload link and its usage.

        `GET /v1/images?link_id=` lists the images that were uploaded through it.
        """
        from .get_upload_link import sync_detailed

        return cast(
            "UploadLink",
            self._call(
                sync_detailed,
                link_id=link_id,
            ),
        )

    def revoke_upload_link(
        self,
        link_id: str,
    ) -> None:
        """Revoke an upload link.

        Revokes an upload link immediately and permanently; uploads in progress end with a 410.

        Images that were uploaded through it are kept.
        """
        from .revoke_upload_link import sync_detailed

        self._call(
            sync_detailed,
            link_id=link_id,
        )

    def download_upload_link(
        self,
        link_id: str,
        *,
        variant: ImageVariant | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
    ) -> File:
        """Download the images of an upload link as a ZIP archive.

        Downloads what was uploaded through a link, as `GET /v1/images/archive` does.
        """
        from .download_upload_link import sync_detailed

        return cast(
            "File",
            self._call(
                sync_detailed,
                link_id=link_id,
                variant=variant,
                limit=limit,
                cursor=cursor,
            ),
        )


class AsyncUploadLinksOperations(AsyncOperations):
    """The operations of the tag `upload_links`, for asyncio and trio."""

    async def list_upload_links(
        self,
        *,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
    ) -> UploadLinkPage:
        """List upload links.

        Lists upload links and their usage, newest first; includes those that take no files.

        With a service key, lists the links that it created or, if it has a tenant, that any
        service key of the tenant created.
        """
        from .list_upload_links import asyncio_detailed

        return cast(
            "UploadLinkPage",
            await self._call(
                asyncio_detailed,
                limit=limit,
                cursor=cursor,
            ),
        )

    def iterate_upload_links(
        self,
        *,
        limit: int | Unset = UNSET,
    ) -> AsyncIterator[UploadLink]:
        """List upload links: all items, page by page; `limit` is the size of a page."""
        return self._iterate(
            self.list_upload_links,
            limit=limit,
        )

    async def create_upload_link(
        self,
        *,
        body: UploadLinkRequest,
        idempotency_key: str | Unset = UNSET,
    ) -> CreatedUploadLink:
        """Create an upload link.

        Creates an upload link. Only this response shows its token.

        A service key creates links for its users, without `tenant`. They end with it.

        If you send the request again with the same `Idempotency-Key` and the same API key, you
        get the same response with the same token.
        """
        from .create_upload_link import asyncio_detailed

        return cast(
            "CreatedUploadLink",
            await self._call(
                asyncio_detailed,
                body=body,
                idempotency_key=idempotency_key,
            ),
        )

    async def get_upload_link(
        self,
        link_id: str,
    ) -> UploadLink:
        """Retrieve an upload link.

        Retrieves an upload link and its usage.

        `GET /v1/images?link_id=` lists the images that were uploaded through it.
        """
        from .get_upload_link import asyncio_detailed

        return cast(
            "UploadLink",
            await self._call(
                asyncio_detailed,
                link_id=link_id,
            ),
        )

    async def revoke_upload_link(
        self,
        link_id: str,
    ) -> None:
        """Revoke an upload link.

        Revokes an upload link immediately and permanently; uploads in progress end with a 410.

        Images that were uploaded through it are kept.
        """
        from .revoke_upload_link import asyncio_detailed

        await self._call(
            asyncio_detailed,
            link_id=link_id,
        )

    async def download_upload_link(
        self,
        link_id: str,
        *,
        variant: ImageVariant | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
    ) -> File:
        """Download the images of an upload link as a ZIP archive.

        Downloads what was uploaded through a link, as `GET /v1/images/archive` does.
        """
        from .download_upload_link import asyncio_detailed

        return cast(
            "File",
            await self._call(
                asyncio_detailed,
                link_id=link_id,
                variant=variant,
                limit=limit,
                cursor=cursor,
            ),
        )
