"""The routes below ``/gallery``, for any key. What a key may read limits what each one shows."""

from litestar import Router

from api.http.sessions import GALLERY
from api.pages.gallery import images, jobs, search
from api.pages.routing import signed_in_pages


def gallery_pages() -> Router:
    """Return the router of the gallery."""
    return signed_in_pages(GALLERY, [*search.ROUTES, *images.ROUTES, *jobs.ROUTES])
