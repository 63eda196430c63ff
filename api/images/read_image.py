"""Reads one image: its results, and its histogram by itself."""

import msgspec

from api.schemas.images import ImageView, result_of, view_image
from domain.errors.access import NotFound, WrongState
from domain.jobs import TERMINAL
from domain.keys import Scope
from storage.settings import WorkRules
from storage.stores import Stores


class NamedHistogram(msgspec.Struct, frozen=True):
    """The histogram of an image.

    Attributes:
        filename: The name that the image was uploaded under.
        packed: 256 little-endian 32-bit counts.
    """

    filename: str
    packed: bytes


class ReadImage:
    """Reads images with their results.

    Args:
        stores: Holds images and blobs.
        rules: Say when an image expires.
    """

    def __init__(self, stores: Stores, rules: WorkRules) -> None:
        self._images = stores.images
        self._blobs = stores.blobs
        self._rules = rules

    async def read(self, image_id: str, scope: Scope) -> ImageView:
        """Read an image with all its results.

        Raises:
            NotFound: The caller may see no such image.
            ImageExpired: The image has expired.
        """
        image = await self._images.get(image_id, scope)
        blobs = await self._blobs.find([image.sha256])
        return view_image(image, blobs.get(image.sha256), self._rules)

    async def read_histogram(self, image_id: str, scope: Scope) -> NamedHistogram:
        """Read the histogram of an image.

        Raises:
            NotFound: The caller may see no such image, or it has no histogram.
            ImageExpired: The image has expired.
            WrongState: The histogram is not ready yet.
        """
        image = await self._images.get(image_id, scope)
        blobs = await self._blobs.find([image.sha256])
        packed: bytes | None = result_of(image, blobs.get(image.sha256), "histogram")
        if packed is not None:
            return NamedHistogram(image.filename, packed)
        if image.item.status not in TERMINAL:
            raise WrongState("The histogram is not ready yet; try again when the job is done.")
        raise NotFound("This image has no histogram: it failed, or was not requested.")
