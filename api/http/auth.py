"""Who is calling: every route under /v1 and /process wants a key, or the token of a link."""

import hmac
from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.enums import HttpMethod
from litestar.handlers import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import ASGIApp

from domain.errors.access import Forbidden, LinkRevoked, NotFound, Unauthenticated
from domain.keys import (
    ADMIN_USER,
    LINK_PREFIX,
    Caller,
    Role,
    check_may_delete,
    check_may_read,
    hash_secret,
)
from domain.links import UploadLink
from storage.access.api_keys import ApiKeys
from storage.access.upload_links import UploadLinks

OPEN = "open_to_all"
LINK_OPT = "link"
"""Option of routes that are for links: where their token is."""
SCHEME = "Bearer "
ADMIN = Caller(key_id=ADMIN_USER, role=Role.ADMIN)


class TokenIn(StrEnum):
    """Where the token of a link is."""

    HEADER = "header"
    PATH = "path"


class BearerAuthentication(AbstractAuthenticationMiddleware):
    """Turns the Authorization header into a :class:`Caller`.

    On routes for links it is the token of one, from wherever the route has it; ``request.auth`` is
    then the :class:`UploadLink`.
    """

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, exclude_from_auth_key=OPEN)

    async def authenticate_request(
        self, connection: ASGIConnection[Any, Any, Any, Any]
    ) -> AuthenticationResult:
        """Find out who calls.

        Raises:
            Unauthenticated: No key, or one that is unknown, expired or revoked.
            NotFound: The URL has a token that is unknown.
            LinkRevoked: The link was revoked.
        """
        state = connection.app.state
        if place := connection.route_handler.opt.get(LINK_OPT):
            link = await find_link(connection, place, state.stores.upload_links)
            caller = Caller(key_id=link.id, role=Role.LINK, user_id=link.user_id)
            return AuthenticationResult(user=caller, auth=link)
        caller = await find_caller(
            connection.headers.get("authorization", ""), state.admin_key_hash, state.stores.api_keys
        )
        return AuthenticationResult(user=caller, auth=None)


async def find_caller(header: str, admin_key_hash: str, keys: ApiKeys) -> Caller:
    """Find out who shows this Authorization header.

    Raises:
        Unauthenticated: No key, an unknown one, or a revoked one.
    """
    secret = shown_secret(header)
    if hmac.compare_digest(hash_secret(secret), admin_key_hash):
        return ADMIN
    if secret.startswith(LINK_PREFIX):
        raise Unauthenticated("The token of a link is for the routes under /v1/uploads alone.")
    caller = await keys.find_caller(secret)
    if caller is None:
        raise Unauthenticated("The key is unknown, has expired or was revoked.")
    return caller


async def find_link(
    connection: ASGIConnection[Any, Any, Any, Any], place: TokenIn, links: UploadLinks
) -> UploadLink:
    """Find out which link a request shows the token of. What is answered never repeats it.

    Raises:
        Unauthenticated: The header has no token, or one that is unknown.
        NotFound: The URL has a token that is unknown.
        LinkRevoked: The link was revoked.
    """
    if place is TokenIn.PATH:
        link = await links.find(connection.path_params["token"])
        if link is None:
            raise NotFound("There is no such link.")
    else:
        link = await links.find(shown_secret(connection.headers.get("authorization", "")))
        if link is None:
            raise Unauthenticated("This is not the token of a link.")
    if link.revoked_at is not None:
        raise LinkRevoked("Ask whoever sent it for a new one.")
    return link


def shown_secret(header: str) -> str:
    """Read the secret out of an Authorization header.

    Raises:
        Unauthenticated: The header is no ``Bearer`` one.
    """
    if not header[: len(SCHEME)].casefold() == SCHEME.casefold():
        raise Unauthenticated("Send your key in the header: Authorization: Bearer <key>.")
    return header[len(SCHEME) :].strip()


def admins_only(connection: ASGIConnection[Any, Caller, Any, Any], _: BaseRouteHandler) -> None:
    """Guard a route that only admin keys may use.

    Raises:
        Forbidden: The caller has another key.
    """
    _require_role(connection, {Role.ADMIN}, "This route requires an admin key.")


def no_client_keys(connection: ASGIConnection[Any, Caller, Any, Any], _: BaseRouteHandler) -> None:
    """Guard a route that reads data of all users: only admin and service keys may use it.

    Raises:
        Forbidden: The caller has a client key.
    """
    _require_role(
        connection,
        {Role.ADMIN, Role.SERVICE},
        "This route reads data of all users: it requires an admin or a service key.",
    )


def may_read_user(connection: ASGIConnection[Any, Caller, Any, Any], _: BaseRouteHandler) -> None:
    """Guard a route that reads the user of its path.

    Raises:
        NotFound: The caller is a client or a link of another user.
        InvalidValue: The user ID is not well formed.
    """
    if not is_preflight(connection):
        check_may_read(connection.user, connection.path_params["user_id"])


def may_delete_user(connection: ASGIConnection[Any, Caller, Any, Any], _: BaseRouteHandler) -> None:
    """Guard a route that deletes the user of its path.

    Raises:
        NotFound: The caller is a client of another user.
        Forbidden: The caller is a link.
        InvalidValue: The user ID is not well formed.
    """
    if not is_preflight(connection):
        check_may_delete(connection.user, connection.path_params["user_id"])


def _require_role(
    connection: ASGIConnection[Any, Caller, Any, Any], roles: AbstractSet[Role], detail: str
) -> None:
    if not is_preflight(connection) and connection.user.role not in roles:
        raise Forbidden(detail)


def is_preflight(connection: ASGIConnection[Any, Caller, Any, Any]) -> bool:
    """Say whether a browser asks, without a key, for the methods of a route."""
    return isinstance(connection, Request) and connection.method == HttpMethod.OPTIONS
