"""The operations of the tag `images`, as methods that return the answer or raise the problem."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, cast

from ..._async.operations import AsyncOperations
from ..._sync.operations import Operations
from ...types import UNSET, Unset

if TYPE_CHECKING:
    import datetime
    from typing import cast

    from ...models.content_url import ContentUrl
    from ...models.histogram import Histogram
    from ...models.image import Image
    from ...models.image_format import ImageFormat
    from ...models.image_variant import ImageVariant
    from ...models.known_images import KnownImages
    from ...models.known_images_request import KnownImagesRequest
    from ...models.listed_image import ListedImage
    from ...models.listed_image_page import ListedImagePage
    from ...models.mark_changes import MarkChanges
    from ...models.similar_by import SimilarBy
    from ...models.status import Status
    from ...types import File


class ImagesOperations(Operations):
    """The operations of the tag `images`."""

    def get_signed_content(
        self,
        token: str,
        *,
        if_none_match: str | Unset = UNSET,
        range_: str | Unset = UNSET,
        if_range: str | Unset = UNSET,
    ) -> File:
        """Download a picture by a signed URL.

        Downloads a picture by a URL of `GET /v1/images/{image_id}/content-url` or of a list.

        It needs no key, so it works in `<img>` and in image loaders. Caches of the client may keep
        the picture until the URL expires. A URL that is not genuine, has expired, or was made with a
        key that is no longer valid is a 404.
        """
        from .get_signed_content import sync_detailed

        return cast(
            "File",
            self._call(
                sync_detailed,
                token=token,
                if_none_match=if_none_match,
                range_=range_,
                if_range=if_range,
            ),
        )

    def list_images(
        self,
        *,
        user_id: str | Unset = UNSET,
        tenant: str | Unset = UNSET,
        link_id: str | Unset = UNSET,
        format_: ImageFormat | Unset = UNSET,
        camera: str | Unset = UNSET,
        camera_make: str | Unset = UNSET,
        status: Status | Unset = UNSET,
        taken_from: datetime.date | Unset = UNSET,
        taken_to: datetime.date | Unset = UNSET,
        day: datetime.date | Unset = UNSET,
        uploaded_from: datetime.date | Unset = UNSET,
        uploaded_to: datetime.date | Unset = UNSET,
        tz: str | Unset = UNSET,
        faces: bool | Unset = UNSET,
        min_faces: int | Unset = UNSET,
        near: str | Unset = UNSET,
        radius_m: float | Unset = UNSET,
        external_id: str | Unset = UNSET,
        tag: list[str] | Unset = UNSET,
        attribute: list[str] | Unset = UNSET,
        similar_to: str | Unset = UNSET,
        distance: int | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
        content_urls: list[ImageVariant] | Unset = UNSET,
        expires_in: int | Unset = UNSET,
        predicted: str | Unset = UNSET,
        min_probability: float | Unset = UNSET,
        anomalous: bool | Unset = UNSET,
        by: SimilarBy | Unset = UNSET,
    ) -> ListedImagePage:
        """List images.

        Lists the images that match all filters, newest first.

        With `similar_to`, lists near-duplicates of an image instead, the most similar first, or
        images that show like things.
        """
        from .list_images import sync_detailed

        return cast(
            "ListedImagePage",
            self._call(
                sync_detailed,
                user_id=user_id,
                tenant=tenant,
                link_id=link_id,
                format_=format_,
                camera=camera,
                camera_make=camera_make,
                status=status,
                taken_from=taken_from,
                taken_to=taken_to,
                day=day,
                uploaded_from=uploaded_from,
                uploaded_to=uploaded_to,
                tz=tz,
                faces=faces,
                min_faces=min_faces,
                near=near,
                radius_m=radius_m,
                external_id=external_id,
                tag=tag,
                attribute=attribute,
                similar_to=similar_to,
                distance=distance,
                limit=limit,
                cursor=cursor,
                content_urls=content_urls,
                expires_in=expires_in,
                predicted=predicted,
                min_probability=min_probability,
                anomalous=anomalous,
                by=by,
            ),
        )

    def iterate_images(
        self,
        *,
        user_id: str | Unset = UNSET,
        tenant: str | Unset = UNSET,
        link_id: str | Unset = UNSET,
        format_: ImageFormat | Unset = UNSET,
        camera: str | Unset = UNSET,
        camera_make: str | Unset = UNSET,
        status: Status | Unset = UNSET,
        taken_from: datetime.date | Unset = UNSET,
        taken_to: datetime.date | Unset = UNSET,
        day: datetime.date | Unset = UNSET,
        uploaded_from: datetime.date | Unset = UNSET,
        uploaded_to: datetime.date | Unset = UNSET,
        tz: str | Unset = UNSET,
        faces: bool | Unset = UNSET,
        min_faces: int | Unset = UNSET,
        near: str | Unset = UNSET,
        radius_m: float | Unset = UNSET,
        external_id: str | Unset = UNSET,
        tag: list[str] | Unset = UNSET,
        attribute: list[str] | Unset = UNSET,
        similar_to: str | Unset = UNSET,
        distance: int | Unset = UNSET,
        limit: int | Unset = UNSET,
        content_urls: list[ImageVariant] | Unset = UNSET,
        expires_in: int | Unset = UNSET,
        predicted: str | Unset = UNSET,
        min_probability: float | Unset = UNSET,
        anomalous: bool | Unset = UNSET,
        by: SimilarBy | Unset = UNSET,
    ) -> Iterator[ListedImage]:
        """List images: all items, page by page; `limit` is the size of a page."""
        return self._iterate(
            self.list_images,
            user_id=user_id,
            tenant=tenant,
            link_id=link_id,
            format_=format_,
            camera=camera,
            camera_make=camera_make,
            status=status,
            taken_from=taken_from,
            taken_to=taken_to,
            day=day,
            uploaded_from=uploaded_from,
            uploaded_to=uploaded_to,
            tz=tz,
            faces=faces,
            min_faces=min_faces,
            near=near,
            radius_m=radius_m,
            external_id=external_id,
            tag=tag,
            attribute=attribute,
            similar_to=similar_to,
            distance=distance,
            limit=limit,
            content_urls=content_urls,
            expires_in=expires_in,
            predicted=predicted,
            min_probability=min_probability,
            anomalous=anomalous,
            by=by,
        )

    def download_images(
        self,
        *,
        user_id: str | Unset = UNSET,
        tenant: str | Unset = UNSET,
        link_id: str | Unset = UNSET,
        format_: ImageFormat | Unset = UNSET,
        camera: str | Unset = UNSET,
        camera_make: str | Unset = UNSET,
        status: Status | Unset = UNSET,
        taken_from: datetime.date | Unset = UNSET,
        taken_to: datetime.date | Unset = UNSET,
        day: datetime.date | Unset = UNSET,
        uploaded_from: datetime.date | Unset = UNSET,
        uploaded_to: datetime.date | Unset = UNSET,
        tz: str | Unset = UNSET,
        faces: bool | Unset = UNSET,
        min_faces: int | Unset = UNSET,
        near: str | Unset = UNSET,
        radius_m: float | Unset = UNSET,
        external_id: str | Unset = UNSET,
        tag: list[str] | Unset = UNSET,
        attribute: list[str] | Unset = UNSET,
        similar_to: str | Unset = UNSET,
        distance: int | Unset = UNSET,
        variant: ImageVariant | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
        predicted: str | Unset = UNSET,
        min_probability: float | Unset = UNSET,
        anomalous: bool | Unset = UNSET,
    ) -> File:
        """Download images as a ZIP archive.

        Downloads the pictures that `GET /v1/images` lists with the same filters.

        The archive has one file for each image, and `manifest.json` with the results of all. Images
        that were deleted meanwhile, or have no such picture, are listed there under `left_out`. If
        the archive cannot be finished, the connection ends early, and what arrived is no ZIP file.
        """
        from .download_images import sync_detailed

        return cast(
            "File",
            self._call(
                sync_detailed,
                user_id=user_id,
                tenant=tenant,
                link_id=link_id,
                format_=format_,
                camera=camera,
                camera_make=camera_make,
                status=status,
                taken_from=taken_from,
                taken_to=taken_to,
                day=day,
                uploaded_from=uploaded_from,
                uploaded_to=uploaded_to,
                tz=tz,
                faces=faces,
                min_faces=min_faces,
                near=near,
                radius_m=radius_m,
                external_id=external_id,
                tag=tag,
                attribute=attribute,
                similar_to=similar_to,
                distance=distance,
                variant=variant,
                limit=limit,
                cursor=cursor,
                predicted=predicted,
                min_probability=min_probability,
                anomalous=anomalous,
            ),
        )

    def find_known_images(
        self,
        *,
        body: KnownImagesRequest,
    ) -> KnownImages:
        """Find files that are stored already.

        Finds, by SHA-256, which files a user has uploaded already, so that a client skips them.

        It answers for one user, as an upload does: another user's files are not known.
        """
        from .find_known_images import sync_detailed

        return cast(
            "KnownImages",
            self._call(
                sync_detailed,
                body=body,
            ),
        )

    def get_image(
        self,
        image_id: str,
        *,
        user_id: str | Unset = UNSET,
        content_urls: list[ImageVariant] | Unset = UNSET,
        expires_in: int | Unset = UNSET,
    ) -> Image:
        """Retrieve an image.

        Retrieves an image with all its results.
        """
        from .get_image import sync_detailed

        return cast(
            "Image",
            self._call(
                sync_detailed,
                image_id=image_id,
                user_id=user_id,
                content_urls=content_urls,
                expires_in=expires_in,
            ),
        )

    def delete_image(
        self,
        image_id: str,
        *,
        user_id: str | Unset = UNSET,
    ) -> None:
        """Delete an image.

        Deletes an image.

        Its file and results are deleted with the last image that has the same bytes.
        """
        from .delete_image import sync_detailed

        self._call(
            sync_detailed,
            image_id=image_id,
            user_id=user_id,
        )

    def update_image(
        self,
        image_id: str,
        *,
        body: MarkChanges,
        user_id: str | Unset = UNSET,
    ) -> Image:
        """Update an image.

        Changes the external ID, tags and attributes of an image.

        Values are merged: what you leave out stays, and an empty value removes. Changes that are
        sent at the same time are all applied.
        """
        from .update_image import sync_detailed

        return cast(
            "Image",
            self._call(
                sync_detailed,
                image_id=image_id,
                body=body,
                user_id=user_id,
            ),
        )

    def get_image_content(
        self,
        image_id: str,
        *,
        variant: ImageVariant | Unset = UNSET,
        user_id: str | Unset = UNSET,
        width: int | Unset = UNSET,
        format_: str | Unset = UNSET,
        if_none_match: str | Unset = UNSET,
        range_: str | Unset = UNSET,
        if_range: str | Unset = UNSET,
    ) -> File:
        """Download a picture.

        Downloads the original file, or a picture made from it.

        Pictures made from a file are upright and carry no metadata. If the image was uploaded
        with `gps=strip`, the original is served without its metadata.

        With `width` or `format`, downloads the picture in another size or format, in sRGB. It is
        made for the first request and kept.
        """
        from .get_image_content import sync_detailed

        return cast(
            "File",
            self._call(
                sync_detailed,
                image_id=image_id,
                variant=variant,
                user_id=user_id,
                width=width,
                format_=format_,
                if_none_match=if_none_match,
                range_=range_,
                if_range=if_range,
            ),
        )

    def get_image_content_url(
        self,
        image_id: str,
        *,
        variant: ImageVariant | Unset = UNSET,
        expires_in: int | Unset = UNSET,
        user_id: str | Unset = UNSET,
        width: int | Unset = UNSET,
        format_: str | Unset = UNSET,
    ) -> ContentUrl:
        """Create a URL of a picture that needs no key.

        Creates a URL of a picture for `<img>` and for image loaders, which send no key.

        The URL works for at least `expires_in` seconds and less than half of that longer. In half
        of this time the same request gets the same URL, so that caches of clients find the picture.
        The URL stops working when the image is deleted, or when the key of this request is revoked
        or expires.
        """
        from .get_image_content_url import sync_detailed

        return cast(
            "ContentUrl",
            self._call(
                sync_detailed,
                image_id=image_id,
                variant=variant,
                expires_in=expires_in,
                user_id=user_id,
                width=width,
                format_=format_,
            ),
        )

    def get_image_histogram(
        self,
        image_id: str,
        *,
        user_id: str | Unset = UNSET,
    ) -> Histogram:
        """Retrieve a histogram.

        Retrieves the gray-level histogram of an image, as numbers or as a plot.
        """
        from .get_image_histogram import sync_detailed

        return cast(
            "Histogram",
            self._call(
                sync_detailed,
                image_id=image_id,
                user_id=user_id,
            ),
        )


class AsyncImagesOperations(AsyncOperations):
    """The operations of the tag `images`, for asyncio and trio."""

    async def get_signed_content(
        self,
        token: str,
        *,
        if_none_match: str | Unset = UNSET,
        range_: str | Unset = UNSET,
        if_range: str | Unset = UNSET,
    ) -> File:
        """Download a picture by a signed URL.

        Downloads a picture by a URL of `GET /v1/images/{image_id}/content-url` or of a list.

        It needs no key, so it works in `<img>` and in image loaders. Caches of the client may keep
        the picture until the URL expires. A URL that is not genuine, has expired, or was made with a
        key that is no longer valid is a 404.
        """
        from .get_signed_content import asyncio_detailed

        return cast(
            "File",
            await self._call(
                asyncio_detailed,
                token=token,
                if_none_match=if_none_match,
                range_=range_,
                if_range=if_range,
            ),
        )

    async def list_images(
        self,
        *,
        user_id: str | Unset = UNSET,
        tenant: str | Unset = UNSET,
        link_id: str | Unset = UNSET,
        format_: ImageFormat | Unset = UNSET,
        camera: str | Unset = UNSET,
        camera_make: str | Unset = UNSET,
        status: Status | Unset = UNSET,
        taken_from: datetime.date | Unset = UNSET,
        taken_to: datetime.date | Unset = UNSET,
        day: datetime.date | Unset = UNSET,
        uploaded_from: datetime.date | Unset = UNSET,
        uploaded_to: datetime.date | Unset = UNSET,
        tz: str | Unset = UNSET,
        faces: bool | Unset = UNSET,
        min_faces: int | Unset = UNSET,
        near: str | Unset = UNSET,
        radius_m: float | Unset = UNSET,
        external_id: str | Unset = UNSET,
        tag: list[str] | Unset = UNSET,
        attribute: list[str] | Unset = UNSET,
        similar_to: str | Unset = UNSET,
        distance: int | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
        content_urls: list[ImageVariant] | Unset = UNSET,
        expires_in: int | Unset = UNSET,
        predicted: str | Unset = UNSET,
        min_probability: float | Unset = UNSET,
        anomalous: bool | Unset = UNSET,
        by: SimilarBy | Unset = UNSET,
    ) -> ListedImagePage:
        """List images.

        Lists the images that match all filters, newest first.

        With `similar_to`, lists near-duplicates of an image instead, the most similar first, or
        images that show like things.
        """
        from .list_images import asyncio_detailed

        return cast(
            "ListedImagePage",
            await self._call(
                asyncio_detailed,
                user_id=user_id,
                tenant=tenant,
                link_id=link_id,
                format_=format_,
                camera=camera,
                camera_make=camera_make,
                status=status,
                taken_from=taken_from,
                taken_to=taken_to,
                day=day,
                uploaded_from=uploaded_from,
                uploaded_to=uploaded_to,
                tz=tz,
                faces=faces,
                min_faces=min_faces,
                near=near,
                radius_m=radius_m,
                external_id=external_id,
                tag=tag,
                attribute=attribute,
                similar_to=similar_to,
                distance=distance,
                limit=limit,
                cursor=cursor,
                content_urls=content_urls,
                expires_in=expires_in,
                predicted=predicted,
                min_probability=min_probability,
                anomalous=anomalous,
                by=by,
            ),
        )

    def iterate_images(
        self,
        *,
        user_id: str | Unset = UNSET,
        tenant: str | Unset = UNSET,
        link_id: str | Unset = UNSET,
        format_: ImageFormat | Unset = UNSET,
        camera: str | Unset = UNSET,
        camera_make: str | Unset = UNSET,
        status: Status | Unset = UNSET,
        taken_from: datetime.date | Unset = UNSET,
        taken_to: datetime.date | Unset = UNSET,
        day: datetime.date | Unset = UNSET,
        uploaded_from: datetime.date | Unset = UNSET,
        uploaded_to: datetime.date | Unset = UNSET,
        tz: str | Unset = UNSET,
        faces: bool | Unset = UNSET,
        min_faces: int | Unset = UNSET,
        near: str | Unset = UNSET,
        radius_m: float | Unset = UNSET,
        external_id: str | Unset = UNSET,
        tag: list[str] | Unset = UNSET,
        attribute: list[str] | Unset = UNSET,
        similar_to: str | Unset = UNSET,
        distance: int | Unset = UNSET,
        limit: int | Unset = UNSET,
        content_urls: list[ImageVariant] | Unset = UNSET,
        expires_in: int | Unset = UNSET,
        predicted: str | Unset = UNSET,
        min_probability: float | Unset = UNSET,
        anomalous: bool | Unset = UNSET,
        by: SimilarBy | Unset = UNSET,
    ) -> AsyncIterator[ListedImage]:
        """List images: all items, page by page; `limit` is the size of a page."""
        return self._iterate(
            self.list_images,
            user_id=user_id,
            tenant=tenant,
            link_id=link_id,
            format_=format_,
            camera=camera,
            camera_make=camera_make,
            status=status,
            taken_from=taken_from,
            taken_to=taken_to,
            day=day,
            uploaded_from=uploaded_from,
            uploaded_to=uploaded_to,
            tz=tz,
            faces=faces,
            min_faces=min_faces,
            near=near,
            radius_m=radius_m,
            external_id=external_id,
            tag=tag,
            attribute=attribute,
            similar_to=similar_to,
            distance=distance,
            limit=limit,
            content_urls=content_urls,
            expires_in=expires_in,
            predicted=predicted,
            min_probability=min_probability,
            anomalous=anomalous,
            by=by,
        )

    async def download_images(
        self,
        *,
        user_id: str | Unset = UNSET,
        tenant: str | Unset = UNSET,
        link_id: str | Unset = UNSET,
        format_: ImageFormat | Unset = UNSET,
        camera: str | Unset = UNSET,
        camera_make: str | Unset = UNSET,
        status: Status | Unset = UNSET,
        taken_from: datetime.date | Unset = UNSET,
        taken_to: datetime.date | Unset = UNSET,
        day: datetime.date | Unset = UNSET,
        uploaded_from: datetime.date | Unset = UNSET,
        uploaded_to: datetime.date | Unset = UNSET,
        tz: str | Unset = UNSET,
        faces: bool | Unset = UNSET,
        min_faces: int | Unset = UNSET,
        near: str | Unset = UNSET,
        radius_m: float | Unset = UNSET,
        external_id: str | Unset = UNSET,
        tag: list[str] | Unset = UNSET,
        attribute: list[str] | Unset = UNSET,
        similar_to: str | Unset = UNSET,
        distance: int | Unset = UNSET,
        variant: ImageVariant | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
        predicted: str | Unset = UNSET,
        min_probability: float | Unset = UNSET,
        anomalous: bool | Unset = UNSET,
    ) -> File:
        """Download images as a ZIP archive.

        Downloads the pictures that `GET /v1/images` lists with the same filters.

        The archive has one file for each image, and `manifest.json` with the results of all. Images
        that were deleted meanwhile, or have no such picture, are listed there under `left_out`. If
        the archive cannot be finished, the connection ends early, and what arrived is no ZIP file.
        """
        from .download_images import asyncio_detailed

        return cast(
            "File",
            await self._call(
                asyncio_detailed,
                user_id=user_id,
                tenant=tenant,
                link_id=link_id,
                format_=format_,
                camera=camera,
                camera_make=camera_make,
                status=status,
                taken_from=taken_from,
                taken_to=taken_to,
                day=day,
                uploaded_from=uploaded_from,
                uploaded_to=uploaded_to,
                tz=tz,
                faces=faces,
                min_faces=min_faces,
                near=near,
                radius_m=radius_m,
                external_id=external_id,
                tag=tag,
                attribute=attribute,
                similar_to=similar_to,
                distance=distance,
                variant=variant,
                limit=limit,
                cursor=cursor,
                predicted=predicted,
                min_probability=min_probability,
                anomalous=anomalous,
            ),
        )

    async def find_known_images(
        self,
        *,
        body: KnownImagesRequest,
    ) -> KnownImages:
        """Find files that are stored already.

        Finds, by SHA-256, which files a user has uploaded already, so that a client skips them.

        It answers for one user, as an upload does: another user's files are not known.
        """
        from .find_known_images import asyncio_detailed

        return cast(
            "KnownImages",
            await self._call(
                asyncio_detailed,
                body=body,
            ),
        )

    async def get_image(
        self,
        image_id: str,
        *,
        user_id: str | Unset = UNSET,
        content_urls: list[ImageVariant] | Unset = UNSET,
        expires_in: int | Unset = UNSET,
    ) -> Image:
        """Retrieve an image.

        Retrieves an image with all its results.
        """
        from .get_image import asyncio_detailed

        return cast(
            "Image",
            await self._call(
                asyncio_detailed,
                image_id=image_id,
                user_id=user_id,
                content_urls=content_urls,
                expires_in=expires_in,
            ),
        )

    async def delete_image(
        self,
        image_id: str,
        *,
        user_id: str | Unset = UNSET,
    ) -> None:
        """Delete an image.

        Deletes an image.

        Its file and results are deleted with the last image that has the same bytes.
        """
        from .delete_image import asyncio_detailed

        await self._call(
            asyncio_detailed,
            image_id=image_id,
            user_id=user_id,
        )

    async def update_image(
        self,
        image_id: str,
        *,
        body: MarkChanges,
        user_id: str | Unset = UNSET,
    ) -> Image:
        """Update an image.

        Changes the external ID, tags and attributes of an image.

        Values are merged: what you leave out stays, and an empty value removes. Changes that are
        sent at the same time are all applied.
        """
        from .update_image import asyncio_detailed

        return cast(
            "Image",
            await self._call(
                asyncio_detailed,
                image_id=image_id,
                body=body,
                user_id=user_id,
            ),
        )

    async def get_image_content(
        self,
        image_id: str,
        *,
        variant: ImageVariant | Unset = UNSET,
        user_id: str | Unset = UNSET,
        width: int | Unset = UNSET,
        format_: str | Unset = UNSET,
        if_none_match: str | Unset = UNSET,
        range_: str | Unset = UNSET,
        if_range: str | Unset = UNSET,
    ) -> File:
        """Download a picture.

        Downloads the original file, or a picture made from it.

        Pictures made from a file are upright and carry no metadata. If the image was uploaded
        with `gps=strip`, the original is served without its metadata.

        With `width` or `format`, downloads the picture in another size or format, in sRGB. It is
        made for the first request and kept.
        """
        from .get_image_content import asyncio_detailed

        return cast(
            "File",
            await self._call(
                asyncio_detailed,
                image_id=image_id,
                variant=variant,
                user_id=user_id,
                width=width,
                format_=format_,
                if_none_match=if_none_match,
                range_=range_,
                if_range=if_range,
            ),
        )

    async def get_image_content_url(
        self,
        image_id: str,
        *,
        variant: ImageVariant | Unset = UNSET,
        expires_in: int | Unset = UNSET,
        user_id: str | Unset = UNSET,
        width: int | Unset = UNSET,
        format_: str | Unset = UNSET,
    ) -> ContentUrl:
        """Create a URL of a picture that needs no key.

        Creates a URL of a picture for `<img>` and for image loaders, which send no key.

        The URL works for at least `expires_in` seconds and less than half of that longer. In half
        of this time the same request gets the same URL, so that caches of clients find the picture.
        The URL stops working when the image is deleted, or when the key of this request is revoked
        or expires.
        """
        from .get_image_content_url import asyncio_detailed

        return cast(
            "ContentUrl",
            await self._call(
                asyncio_detailed,
                image_id=image_id,
                variant=variant,
                expires_in=expires_in,
                user_id=user_id,
                width=width,
                format_=format_,
            ),
        )

    async def get_image_histogram(
        self,
        image_id: str,
        *,
        user_id: str | Unset = UNSET,
    ) -> Histogram:
        """Retrieve a histogram.

        Retrieves the gray-level histogram of an image, as numbers or as a plot.
        """
        from .get_image_histogram import asyncio_detailed

        return cast(
            "Histogram",
            await self._call(
                asyncio_detailed,
                image_id=image_id,
                user_id=user_id,
            ),
        )
