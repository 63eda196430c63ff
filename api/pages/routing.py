"""Routers of pages: what all pages of a kind have in common."""

from collections.abc import Sequence
from typing import Any

from litestar import Router
from litestar.types import ControllerRouterHandler, Guard

from api.http.auth import OPEN, SESSION
from api.http.headers import page_headers
from api.http.sessions import from_own_pages
from api.pages.errors import PAGE_EXCEPTION_HANDLERS

IMAGES = "'self' blob:"
OWN_FORMS = "'self'"
MAX_FORM_BYTES = 64 * 1024


def open_pages(*handlers: ControllerRouterHandler) -> Router:
    """Make the router of pages that need no key."""
    return _router("/", handlers, {OPEN: True}, [from_own_pages])


def signed_in_pages(
    path: str, handlers: Sequence[ControllerRouterHandler], guards: Sequence[Guard] = ()
) -> Router:
    """Make the router of pages below a path, for those who have signed in.

    Args:
        path: One of the paths to which the cookie of a session goes.
        guards: What else they require of the caller.
    """
    return _router(path, handlers, {SESSION: True}, [from_own_pages, *guards])


def _router(
    path: str,
    handlers: Sequence[ControllerRouterHandler],
    opt: dict[str, Any],
    guards: list[Guard],
) -> Router:
    return Router(
        path=path,
        route_handlers=handlers,
        opt=opt,
        guards=guards,
        exception_handlers=PAGE_EXCEPTION_HANDLERS,
        include_in_schema=False,
        request_max_body_size=MAX_FORM_BYTES,
        response_headers=page_headers(IMAGES, OWN_FORMS),
    )
