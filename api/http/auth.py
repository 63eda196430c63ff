"""Authentication: a request shows an API key, or the token of an upload link."""

import hmac
from enum import StrEnum
from typing import Any

from litestar.connection import ASGIConnection
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from domain.errors.access import LinkRevoked, NotFound, Unauthenticated
from domain.keys import ADMIN_USER, LINK_PREFIX, Caller, Role, hash_secret
from domain.links import UploadLink
from storage.access.upload_links import UploadLinks

OPEN = "open_to_all"
"""Option of routes that need no key."""
LINK_OPT = "link"
"""Option of routes for links: where the token is."""
SCHEME = "Bearer "
Connection = ASGIConnection[Any, Any, Any, Any]

ADMIN = Caller(key_id=ADMIN_USER, role=Role.ADMIN)


class TokenIn(StrEnum):
    """Where the token of a link is."""

    HEADER = "header"
    PATH = "path"


class BearerAuthentication(AbstractAuthenticationMiddleware):
    """Turns the Authorization header into a :class:`Caller`.

    On routes for links, the secret is the token of a link, and ``request.auth`` the link.
    """

    async def authenticate_request(self, connection: Connection) -> AuthenticationResult:
        """Find the caller.

        Raises:
            Unauthenticated: The header has no key, or one that is unknown, expired or revoked.
            NotFound: The URL has a token that is unknown.
            LinkRevoked: The link was revoked.
        """
        if place := connection.route_handler.opt.get(LINK_OPT):
            link = await _find_link(connection, place)
            caller = Caller(key_id=link.id, role=Role.LINK, user_id=link.user_id)
            return AuthenticationResult(user=caller, auth=link)
        return AuthenticationResult(user=await find_caller(connection), auth=None)


async def find_caller(connection: Connection) -> Caller:
    """Find the caller that the Authorization header names.

    Raises:
        Unauthenticated: The header has no key, or one that is unknown, expired or revoked.
    """
    state = connection.app.state
    secret = shown_secret(connection.headers.get("authorization", ""))
    if hmac.compare_digest(hash_secret(secret), state.admin_key_hash):
        return ADMIN
    if secret.startswith(LINK_PREFIX):
        raise Unauthenticated("The token of a link is only valid under /v1/uploads.")
    caller: Caller | None = await state.stores.api_keys.find_caller(secret)
    if caller is None:
        raise Unauthenticated("The key is unknown, has expired or was revoked.")
    return caller


def shown_secret(header: str) -> str:
    """Read the secret of an Authorization header.

    Raises:
        Unauthenticated: The header has another scheme than ``Bearer``.
    """
    if header[: len(SCHEME)].casefold() != SCHEME.casefold():
        raise Unauthenticated("Send your key in the header: Authorization: Bearer <key>.")
    return header[len(SCHEME) :].strip()


async def _find_link(connection: Connection, place: TokenIn) -> UploadLink:
    """Find the link of a request. Errors never repeat its token."""
    links: UploadLinks = connection.app.state.stores.upload_links
    if place is TokenIn.PATH:
        link = await links.find(connection.path_params["token"])
        if link is None:
            raise NotFound("There is no such link.")
    else:
        link = await links.find(shown_secret(connection.headers.get("authorization", "")))
        if link is None:
            raise Unauthenticated("This is not the token of a link.")
    if link.revoked_at is not None:
        raise LinkRevoked("Ask the person who sent it for a new one.")
    return link
