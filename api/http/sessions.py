"""Sessions of pages: a browser that has signed in with an API key shows a cookie instead.

The cookie goes only to the pages that need it, never to the API. A change comes from a page of
this host, which :func:`from_own_pages` checks beside ``SameSite=Strict``.
"""

import re
from datetime import timedelta

from litestar.datastructures import Cookie
from litestar.enums import HttpMethod
from litestar.handlers import BaseRouteHandler

from api.http.auth import ADMIN, Connection
from api.settings import ApiSettings
from domain.errors.access import Forbidden, Unauthenticated
from domain.keys import ADMIN_USER, Caller
from storage.access.sessions import Session
from storage.clock import utc_now
from storage.stores import Stores

COOKIE = "minilab_session"
GALLERY, ADMIN_PAGES = "/gallery", "/admin"
"""The paths below which a session counts: for any key, and for the keys of admins."""
HTMX = "hx-request"
"""Header of requests by htmx. A page of another host cannot set it without being asked first."""
_TOKEN = re.compile("[A-Za-z0-9_-]{43}")


class BrowserSessions:
    """Opens sessions, and finds the caller of a request that shows one."""

    def __init__(self, stores: Stores, admin_key_hash: str, settings: ApiSettings) -> None:
        self._stores = stores
        self._admin_key_hash = admin_key_hash
        self._life = timedelta(seconds=settings.session_seconds)

    async def open(self, caller: Caller, *, is_secure: bool) -> list[Cookie]:
        """Open a session, and return the cookies that show it, one for each path."""
        is_first_key = caller.key_id == ADMIN_USER
        session = Session(caller.key_id, self._admin_key_hash if is_first_key else None)
        token = await self._stores.sessions.open(session, self._life)
        paths = [GALLERY, ADMIN_PAGES] if caller.is_admin else [GALLERY]
        seconds = int(self._life.total_seconds())
        return [_cookie(path, token, seconds, is_secure=is_secure) for path in paths]

    async def find_caller(self, connection: Connection) -> Caller:
        """Find the caller of a request.

        Raises:
            Unauthenticated: There is no session, or it or its key has ended.
        """
        token = connection.cookies.get(COOKIE, "")
        caller = await self._find(token) if _TOKEN.fullmatch(token) else None
        if caller is None:
            raise Unauthenticated("Sign in.")
        return caller

    async def close(self, connection: Connection) -> list[Cookie]:
        """Close the session of a request, and return cookies that remove its own."""
        await self._stores.sessions.close(connection.cookies.get(COOKIE, ""))
        return [_cookie(path, "", 0, is_secure=False) for path in (GALLERY, ADMIN_PAGES)]

    async def _find(self, token: str) -> Caller | None:
        session = await self._stores.sessions.find(token, utc_now())
        if session is None:
            return None
        if session.key_id == ADMIN_USER:
            return ADMIN if session.key_hash == self._admin_key_hash else None
        return await self._stores.api_keys.find_by_id(session.key_id)


async def from_own_pages(connection: Connection, _: BaseRouteHandler) -> None:
    """Guard: require that a change was sent by a page of this host.

    Browsers say so where they trust the connection (``Sec-Fetch-Site``: HTTPS and loopback). On
    others, the header of htmx shows it.

    Raises:
        Forbidden: It was not, or nothing shows that it was.
    """
    if connection.scope.get("method") in {HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS}:
        return
    site = connection.headers.get("sec-fetch-site")
    is_own = site == "same-origin" if site is not None else HTMX in connection.headers
    if not is_own:
        raise Forbidden("Changes are accepted only from pages of this service.")


def is_secure(connection: Connection) -> bool:
    """Return whether browsers reach the service by HTTPS only, so that cookies may require it."""
    public_url: str = connection.app.state.settings.api.public_url
    return public_url.startswith("https:") or connection.scope["scheme"] == "https"


def _cookie(path: str, token: str, seconds: int, *, is_secure: bool) -> Cookie:
    return Cookie(
        key=COOKIE,
        value=token,
        path=path,
        max_age=seconds,
        httponly=True,
        secure=is_secure,
        samesite="strict",
    )
