"""Who is calling: every route under /v1 and /process wants a key."""

import hmac
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.enums import HttpMethod
from litestar.handlers import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import ASGIApp

from domain.errors import Forbidden, Unauthenticated
from domain.keys import ADMIN_USER, Caller, Role, hash_secret
from storage.api_keys import ApiKeys

OPEN = "open_to_all"
SCHEME = "Bearer "
ADMIN = Caller(key_id=ADMIN_USER, role=Role.ADMIN)


class BearerAuthentication(AbstractAuthenticationMiddleware):
    """Turns the Authorization header into a :class:`Caller`."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, exclude_from_auth_key=OPEN)

    async def authenticate_request(
        self, connection: ASGIConnection[Any, Any, Any, Any]
    ) -> AuthenticationResult:
        """Find out who calls.

        Raises:
            Unauthenticated: No key, or one that is unknown, expired or revoked.
        """
        state = connection.app.state
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
    caller = await keys.find_caller(secret)
    if caller is None:
        raise Unauthenticated("The key is unknown, has expired or was revoked.")
    return caller


def shown_secret(header: str) -> str:
    """Read the secret out of an Authorization header.

    Raises:
        Unauthenticated: The header is no ``Bearer`` one.
    """
    if not header[: len(SCHEME)].casefold() == SCHEME.casefold():
        raise Unauthenticated("Send your key in the header: Authorization: Bearer <key>.")
    return header[len(SCHEME) :].strip()


def admins_only(connection: ASGIConnection[Any, Caller, Any, Any], _: BaseRouteHandler) -> None:
    """Guard a route that only admins may use.

    Raises:
        Forbidden: Another key was shown.
    """
    if isinstance(connection, Request) and connection.method == HttpMethod.OPTIONS:
        return  # Asked without a key by browsers, and answered with nothing but the methods.
    if not connection.user.is_admin:
        raise Forbidden("This route wants an admin key.")
