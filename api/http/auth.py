"""Authentication: a request shows an API key, or the token of an upload link."""

import hmac
from enum import StrEnum
from typing import Any, NoReturn, cast

from litestar.connection import ASGIConnection
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import HTTPReceiveMessage, Receive, Scope, Send

from domain.errors.access import Forbidden, LinkRevoked, NotFound, Unauthenticated
from domain.errors.base import ServiceError
from domain.errors.capacity import TooManyWrongKeys
from domain.fairness.admission import tenant_of
from domain.keys import (
    ADMIN_USER,
    KEY_PREFIX,
    LINK_PREFIX,
    READS_ONLY,
    Caller,
    Role,
    hash_secret,
    is_secret,
)
from domain.links import UploadLink
from domain.tenants import split_owner
from storage.access.upload_links import UploadLinks
from storage.queue.fair_turns import TENANT

OPEN = "open_to_all"
"""Option of routes that need no key."""
READS = "only_reads"
"""The option of a route that changes nothing, whatever its method."""
LINK_OPT = "link"
"""Option of routes for links: where the token is."""
SIGNED = "signed"
"""Option of routes of signed URLs: their purpose."""
SESSION = "session"
"""Option of routes of pages: the caller is that of the session."""
SCHEME = "Bearer "
READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
Connection = ASGIConnection[Any, Any, Any, Any]

ADMIN = Caller(key_id=ADMIN_USER, role=Role.ADMIN)


class TokenIn(StrEnum):
    """Where the token of a link is."""

    HEADER = "header"
    PATH = "path"
    HEADER_OR_KEY = "header, or a key"


class BearerAuthentication(AbstractAuthenticationMiddleware):
    """Turns the Authorization header into a :class:`Caller`.

    On routes for links, the secret is the token of a link, and ``request.auth`` the link. On routes
    of signed URLs, the caller is that of the key that made the URL, and ``request.auth`` what it
    allows. On pages, a session stands for the key.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Authenticate a request, and again when its body has ended, which may be much later."""
        connection: Connection = ASGIConnection(scope)

        async def receive_and_check() -> HTTPReceiveMessage:
            message = await receive()
            if message["type"] == "http.request" and not message["more_body"]:
                await check_still_valid(connection)
            return cast("HTTPReceiveMessage", message)

        await super().__call__(scope, receive_and_check, send)

    async def authenticate_request(self, connection: Connection) -> AuthenticationResult:
        """Find the caller.

        Raises:
            Unauthenticated: The header has no key, or one that is unknown, expired or revoked.
            NotFound: The URL has a token that is unknown.
            LinkRevoked: The link was revoked.
            Forbidden: The key only reads, and the request may change something.
            TooManyWrongKeys: The key is wrong, as were many before it from the same address.
        """
        place = connection.route_handler.opt.get(LINK_OPT)
        if place and (place is not TokenIn.HEADER_OR_KEY or _shows_link(connection)):
            link = await _find_link(connection, place)
            caller = caller_of(link)
            TENANT.set(tenant_of(caller) or "")
            return AuthenticationResult(user=caller, auth=link)
        if purpose := connection.route_handler.opt.get(SIGNED):
            signed_urls, last_id = connection.app.state.signed_urls, "last-event-id"
            token, event_id = connection.path_params["token"], connection.headers.get(last_id, "")
            admitted = await signed_urls.admit(token, purpose, event_id)
            TENANT.set(tenant_of(admitted.caller) or "")
            return AuthenticationResult(user=admitted.caller, auth=admitted)
        if connection.route_handler.opt.get(SESSION):
            caller = await connection.app.state.sessions.find_caller(connection)
        else:
            caller = await find_caller(connection)
        only_reads = (
            connection.scope.get("method") in READING_METHODS
            or READS in connection.route_handler.opt
        )
        if not caller.may_write and not only_reads:
            raise Forbidden(READS_ONLY)
        TENANT.set(tenant_of(caller) or "")
        return AuthenticationResult(user=caller, auth=None)


def caller_of(link: UploadLink) -> Caller:
    """Return the caller that the token of a link makes."""
    tenant, _ = split_owner(link.user_id)
    return Caller(link.id, Role.LINK, link.user_id, tenant, link.max_stored_bytes)


async def find_caller(connection: Connection) -> Caller:
    """Find the caller that the Authorization header names.

    Raises:
        Unauthenticated: The header has no key, or one that is unknown, expired or revoked.
        TooManyWrongKeys: The key is wrong, as were many before it from the same address.
    """
    return await find_key(connection, shown_secret(connection.headers.get("authorization", "")))


async def find_key(connection: Connection, secret: str) -> Caller:
    """Find the caller by the secret of a key, which a request sends in its header or its body.

    Raises:
        Unauthenticated: The key is unknown, expired or revoked.
        TooManyWrongKeys: The key is wrong, as were many before it from the same address.
    """
    state = connection.app.state
    if hmac.compare_digest(hash_secret(secret), state.admin_key_hash):
        return ADMIN
    caller: Caller | None = None
    if is_secret(secret, KEY_PREFIX):
        together = state.wrong_keys.is_slowed(_address_of(connection))
        caller = await state.stores.api_keys.find_caller(secret, together=together)
    if caller is None:
        detail = "The key is unknown, has expired or was revoked."
        if secret.startswith(LINK_PREFIX):
            detail = "The token of a link is only valid under /v1/uploads."
        _refuse(connection, Unauthenticated(detail))
    return caller


async def check_still_valid(connection: Connection) -> None:
    """Refuse a request that took long, if its key has expired or was revoked meanwhile.

    What happens with links and signed URLs is checked where it is accepted or shown.

    Raises:
        Unauthenticated: The key is no longer valid.
    """
    caller: Caller | None = connection.scope.get("user")
    has_key = not connection.route_handler.opt.get(SESSION)
    if caller is None or caller is ADMIN or connection.scope.get("auth") or not has_key:
        return
    secret = shown_secret(connection.headers.get("authorization", ""))
    if await connection.app.state.stores.api_keys.find_caller(secret) is None:
        raise Unauthenticated("The key was revoked, or has expired, during the request.")


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
    refusal: ServiceError
    if place is TokenIn.PATH:
        token, refusal = connection.path_params["token"], NotFound("There is no such link.")
    else:
        token = shown_secret(connection.headers.get("authorization", ""))
        refusal = Unauthenticated("This is not the token of a link.")
    link = None
    if is_secret(token, LINK_PREFIX):
        together = connection.app.state.wrong_keys.is_slowed(_address_of(connection))
        link = await links.find(token, together=together)
    if link is None:
        _refuse(connection, refusal)
    if link.revoked_at is not None:
        raise LinkRevoked("Ask the person who sent it for a new one.")
    return link


def _shows_link(connection: Connection) -> bool:
    header = connection.headers.get("authorization", "")
    return shown_secret(header).startswith(LINK_PREFIX)


def _refuse(connection: Connection, refusal: ServiceError) -> NoReturn:
    """Count a wrong key, and refuse it.

    Raises:
        ServiceError: The refusal.
        TooManyWrongKeys: There were many before it from the same address.
    """
    wait_seconds = connection.app.state.wrong_keys.note(_address_of(connection))
    if wait_seconds is None:
        raise refusal
    raise TooManyWrongKeys("Check your key, and try again later.", wait_seconds)


def _address_of(connection: Connection) -> str:
    return connection.client.host if connection.client else ""
