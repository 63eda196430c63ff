"""Finds the bytes of an image: the original, or a variant of it."""

from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import PurePath

import msgspec

from api.images.rendering import STRIPPED
from api.images.variants import Variants, version_of
from domain.blobs import Blob
from domain.errors.access import NotFound
from domain.images.formats import ImageFormat
from domain.images.sizes import choose_size, read_size
from domain.keys import Scope
from domain.ports import GRIDFS
from domain.records import GpsPolicy, Image
from storage.queue.fair_turns import FairTurns
from storage.stores import Stores

ENDINGS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "image/avif": ".avif",
}


class Content(msgspec.Struct, frozen=True):
    """A picture that can be sent; equal bytes have equal ETags, which are without quotes."""

    filename: str
    media_type: str
    size_bytes: int
    etag: str
    read: Callable[[int, int], AsyncIterator[bytes]]
    """Streams the bytes from one offset up to another."""
    downloads: FairTurns
    """The turns of large pictures."""
    redirect_url: str | None = None
    """Where anybody reads the same bytes for a time; None: only here."""
    is_object: bool = False
    """Whether its bytes are in another store than its document, which may be away alone."""


class ReadContent:
    """Finds pictures.

    Args:
        widths: Widths in pixels of the sizes that the service makes.
        redirect_seconds: For how long a URL of the bucket works; 0: there are none.
    """

    def __init__(
        self,
        stores: Stores,
        variants: Variants,
        downloads: FairTurns,
        widths: Sequence[int],
        redirect_seconds: int = 0,
    ) -> None:
        self._redirect_seconds = redirect_seconds
        self._stores = stores
        self._variants = variants
        self._downloads = downloads
        self._widths = widths

    async def find(self, image_id: str, scope: Scope, variant: str) -> Content:
        """Find the ``original``, ``grayscale``, ``thumbnail`` or ``faces`` picture of an image.

        Or a size of it, by its name; see :mod:`domain.images.sizes`.

        Raises:
            SizeNotOffered: The service does not make this size, or no longer.
            NotFound: The caller may see no such image.
            ImageExpired: The image has expired.
            ServiceError: The variant cannot be rendered; see :meth:`Variants.get`.
        """
        size = read_size(variant)
        if size is not None:  # The token of a URL may be older than the setting.
            choose_size(size.width_px, size.format, self._widths)
        image, blob = await self.read(image_id, scope)
        content = await self.open(image, blob, variant)
        # Only the original, positions included, has its hash for an ETag.
        if not self._redirect_seconds or content.etag != blob.sha256:
            return content
        url = await self._stores.blobs.sign(blob, self._redirect_seconds)
        return msgspec.structs.replace(content, redirect_url=url)

    async def read(self, image_id: str, scope: Scope) -> tuple[Image, Blob]:
        """Read an image and its blob.

        Raises:
            NotFound: The caller may see no such image.
            ImageExpired: The image has expired.
        """
        image = await self._stores.images.get(image_id, scope)
        blob = (await self._stores.blobs.find([image.sha256])).get(image.sha256)
        if blob is None:
            raise NotFound
        return image, blob

    async def open(self, image: Image, blob: Blob, variant: str) -> Content:
        """Find a picture of an image that was read, as :meth:`find` does.

        Raises:
            ServiceError: The variant cannot be rendered; see :meth:`Variants.get`.
        """
        if variant != "original":
            return await self._variant(image, blob, variant)
        if image.gps is GpsPolicy.STRIP:
            return await self._variant(image, blob, STRIPPED)
        return Content(
            filename=image.filename,
            media_type=ImageFormat(image.format).media_type,
            size_bytes=blob.size_bytes,
            etag=blob.sha256,
            read=partial(self._stores.blobs.stream, blob),
            downloads=self._downloads,
            is_object=blob.location.store != GRIDFS,
        )

    async def _variant(self, image: Image, blob: Blob, variant: str) -> Content:
        size = read_size(variant)
        # Other results may tell the width of the original: the answer has the name of the request.
        made = variant if size is None else size.within(blob.facts.get("width")).name
        stored = await self._variants.get(image, blob, made)
        name = image.filename
        if variant != STRIPPED:
            label = variant if size is None else variant.partition("-")[0]
            name = f"{PurePath(name).stem}-{label}{ENDINGS.get(stored.media_type, '')}"
        return Content(
            filename=name,
            media_type=stored.media_type,
            size_bytes=stored.size_bytes,
            etag=f"{blob.sha256}-{variant}-v{version_of(variant)}",
            read=partial(self._stores.variants.stream, stored),
            downloads=self._downloads,
            is_object=stored.object_name is not None,
        )
