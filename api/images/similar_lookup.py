"""What others are to be like: near-duplicates, and images with such histograms."""

from api.schemas.images import result_of
from domain.errors.access import NotFound, WrongState
from domain.jobs import TERMINAL
from domain.keys import Scope
from storage.catalog.image_search import Likeness
from storage.stores import Stores


async def find_likeness(stores: Stores, scope: Scope, image_id: str, distance: int) -> Likeness:
    """Find the image that others are to be like.

    Args:
        stores: Where it is.
        scope: What the caller may see.
        image_id: The image.
        distance: Most bits in which the fingerprints differ.

    Raises:
        NotFound: There is none that the caller may see, or it has no fingerprint.
        ImageExpired: There was one, and it is kept no longer.
        WrongState: Its fingerprint is not known yet.
    """
    image = await stores.images.get(image_id, scope)
    fingerprint = await stores.image_search.fingerprint_of(image_id)
    if fingerprint is None and image.item.status not in TERMINAL:
        raise WrongState("The fingerprint is not known yet; ask again when the job is done.")
    if fingerprint is None:
        raise NotFound("There is no fingerprint: it failed, or was not asked for.")
    return Likeness(image_id, fingerprint, distance)


async def check_has_histogram(stores: Stores, scope: Scope, image_id: str) -> None:
    """Refuse an image that others cannot be compared with.

    Args:
        stores: Where it is.
        scope: What is asked of.
        image_id: The image.

    Raises:
        NotFound: There is none, or it has no histogram.
        ImageExpired: There was one, and it is kept no longer.
        WrongState: Its histogram is not known yet.
    """
    image = await stores.images.get(image_id, scope)
    blobs = await stores.blobs.find([image.sha256])
    if result_of(image, blobs.get(image.sha256), "histogram") is not None:
        return
    if image.item.status not in TERMINAL:
        raise WrongState("The histogram is not known yet; ask again when the job is done.")
    raise NotFound("There is no histogram: it failed, or was not asked for.")
