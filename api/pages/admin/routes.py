"""The routes below ``/admin``, all for admin keys."""

from litestar import Router

from api.http.guards import admins_only
from api.http.sessions import ADMIN_PAGES
from api.pages.admin import (
    audit,
    batches,
    dead_letters,
    health,
    histograms,
    keys,
    links,
    models,
    overview,
    settings,
    users,
    webhooks,
)
from api.pages.routing import signed_in_pages

PARTS = (
    overview,
    links,
    keys,
    dead_letters,
    batches,
    models,
    webhooks,
    histograms,
    users,
    audit,
    settings,
    health,
)


def admin_pages() -> Router:
    """Return the router of the pages for admins."""
    handlers = [handler for part in PARTS for handler in part.ROUTES]
    return signed_in_pages(ADMIN_PAGES, handlers, [admins_only])
