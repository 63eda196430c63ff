"""The routes below ``/admin``, all for admin keys."""

from litestar import Router

from api.http.guards import admins_only
from api.http.sessions import ADMIN_PAGES
from api.pages.admin.health import show_health
from api.pages.routing import signed_in_pages


def admin_pages() -> Router:
    """Return the router of the pages for admins."""
    return signed_in_pages(ADMIN_PAGES, [show_health], [admins_only])
