"""The pictures of gallery pages: which variant a browser can show, by which URL.

Signed URLs are the same for hours, so browsers keep the pictures; the cookie of the session does
not go there.
"""

import msgspec

from api.images.content_urls import WantedUrls
from api.schemas.images import ImageVariant, ImageView
from api.state import ApiRequest
from domain.images.formats import ImageFormat
from domain.jobs import Status

SECONDS = 6 * 3600
"""For how long a page that was left open can load its pictures, at least."""
SHOWN_BY_BROWSERS = frozenset(ImageFormat) - {ImageFormat.HEIC, ImageFormat.TIFF}
UPRIGHT = (None, 1)


class Shown(msgspec.Struct, frozen=True):
    """The picture of an image that its page shows.

    Attributes:
        url: None if there is no picture.
        has_boxes: Whether the faces are marked in it already.
    """

    url: str | None
    small_url: str
    original_url: str
    variant: str
    has_boxes: bool


def thumbnails(request: ApiRequest) -> WantedUrls:
    """Ask for URLs of thumbnails. They are paths, which are right by whatever name one came."""
    return WantedUrls(request.user, "", [ImageVariant.THUMBNAIL], SECONDS)


def all_pictures(request: ApiRequest) -> WantedUrls:
    """Ask for URLs of all that a large view can show."""
    variants = [ImageVariant.ORIGINAL, ImageVariant.THUMBNAIL, ImageVariant.FACES]
    return WantedUrls(request.user, "", variants, SECONDS)


def choose_picture(image: ImageView) -> Shown:
    """Choose the largest picture of an image that browsers show upright."""
    urls = {} if image.content_urls is msgspec.UNSET else image.content_urls
    variant = _variant(image)
    return Shown(
        url=None if image.status is Status.FAILED else urls[variant].url,
        small_url=urls[ImageVariant.THUMBNAIL].url,
        original_url=urls[ImageVariant.ORIGINAL].url,
        variant=variant,
        has_boxes=variant == ImageVariant.FACES,
    )


def _variant(image: ImageView) -> ImageVariant:
    turned = image.metadata is not None and image.metadata.orientation not in UPRIGHT
    # Browsers turn JPEG files as their EXIF block says; not all of them turn others.
    if image.format in SHOWN_BY_BROWSERS and (image.format == ImageFormat.JPEG or not turned):
        return ImageVariant.ORIGINAL
    return ImageVariant.THUMBNAIL if image.faces is None else ImageVariant.FACES
