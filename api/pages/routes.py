"""The routes of all pages."""

from litestar.types import ControllerRouterHandler

from api.pages.admin.routes import admin_pages
from api.pages.assets.controller import get_asset
from api.pages.gallery.routes import gallery_pages
from api.pages.home.controller import show_home
from api.pages.routing import open_pages
from api.pages.sessions.controller import show_sign_in, sign_in, sign_out
from api.pages.upload.controller import show_upload


def page_routes() -> list[ControllerRouterHandler]:
    """Return the routes of all pages."""
    open_to_all = open_pages(show_home, show_sign_in, sign_in, sign_out, show_upload)
    return [get_asset, open_to_all, gallery_pages(), admin_pages()]
