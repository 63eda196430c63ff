"""Reads which picture of an image a request wants: a variant, or a size."""

from api.schemas.images import ImageVariant
from api.state import ApiRequest
from domain.errors.requests import SizeNotOffered
from domain.images.sizes import choose_size


def wanted_picture(
    request: ApiRequest, variant: ImageVariant, width: int | None, picture_format: str | None
) -> str:
    """Return the name of a variant, or of the size that a width, a format or both name.

    Raises:
        SizeNotOffered: The service does not make this size, or not of this variant.
    """
    if width is None and picture_format is None:
        return variant
    if variant is not ImageVariant.ORIGINAL:
        raise SizeNotOffered("has no other sizes and formats: leave it out", "variant")
    return choose_size(width, picture_format, request.app.state.settings.sizes.widths).name
