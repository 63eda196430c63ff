"""The results of uploads through a link, for the people who uploaded."""

from api.http.signed_urls import Admitted, SignedUrls
from api.images.content_urls import WantedUrls, write_content_urls
from api.images.images import ManageImages
from api.schemas.images import ImageVariant
from api.schemas.link_results import LinkImageView
from api.schemas.views import view_of
from domain.errors.access import NotFound
from domain.keys import scope_of

VARIANTS = (ImageVariant.THUMBNAIL, ImageVariant.FACES)
PICTURE_SECONDS = 3600
"""How long the URLs of the pictures work at least."""


class ReadLinkResults:
    """Reads images of one job of a link, for who holds the URL of the job's results."""

    def __init__(self, manage_images: ManageImages, signed_urls: SignedUrls) -> None:
        self._images = manage_images
        self._signed_urls = signed_urls

    async def read(self, admitted: Admitted, image_id: str, base: str) -> LinkImageView:
        """Read an image; ``base`` is the address of the service.

        Raises:
            NotFound: The job of the URL has no such image.
            ImageExpired: The image has expired.
        """
        image = await self._images.read(image_id, scope_of(admitted.caller))
        if image.job_id != admitted.grant.object_id:
            raise NotFound
        wanted = WantedUrls(admitted.caller, base, VARIANTS, PICTURE_SECONDS)
        urls = await write_content_urls(self._signed_urls, [image_id], wanted)
        return view_of(LinkImageView, image, content_urls=urls[image_id])
