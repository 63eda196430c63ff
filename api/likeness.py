"""What near-duplicates are looked for of."""

from domain.errors import NotFound, WrongState
from domain.jobs import TERMINAL
from domain.keys import Scope
from storage.connect import Stores
from storage.image_search import Likeness


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
