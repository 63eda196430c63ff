"""Guards: the rights that a route requires, declared on the route.

:func:`has_scopes` guards all routes. What a route needs follows from its method, unless its option
:data:`SCOPES` says something else. Browsers ask for the methods of a route by ``OPTIONS``, without
a key: guards let them. Guards are coroutines: Litestar runs plain functions in a thread, which
costs each request more than the check does.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

from litestar import Request
from litestar.enums import HttpMethod
from litestar.handlers import BaseRouteHandler

from api.http.auth import READS, Connection, find_caller
from api.http.local_requests import is_local
from domain.errors.access import HOW_TO_LEARN, Forbidden, LearningOff
from domain.errors.base import ServiceError
from domain.key_scopes import KeyScope, check_scopes
from domain.keys import Caller, Role, check_may_delete, check_may_read
from storage.errors import STORE_FAILED

NO_KEY_FOUND: tuple[type[Exception], ...] = (ServiceError, TimeoutError, *STORE_FAILED)
KEY_SECONDS = 2.0
"""Time for finding a key where the answer does not depend on it."""
SCOPES = "scopes"
"""Option of a route: the scopes that a key needs for it, a set."""
SCOPES_OF_METHOD = {
    "GET": {KeyScope.READ},
    "HEAD": {KeyScope.READ},
    "DELETE": {KeyScope.DELETE},
}
OTHER_METHODS = {KeyScope.UPLOAD}
CHANGING = {SCOPES: frozenset({KeyScope.UPLOAD, KeyScope.READ})}
"""Option of routes whose changes show, or have the service send, what is for readers."""


Guard = Callable[[Connection, BaseRouteHandler], Awaitable[None]]


def _require_role(detail: str, *roles: Role) -> Guard:
    async def check(connection: Connection, _: BaseRouteHandler) -> None:
        if not _is_preflight(connection) and connection.user.role not in roles:
            raise Forbidden(detail)

    return check


async def has_scopes(connection: Connection, handler: BaseRouteHandler) -> None:
    """Require the scopes that a route needs. Tokens of links have routes of their own.

    Raises:
        ScopeMissing: The key lacks one.
    """
    caller: Caller | None = connection.scope.get("user")
    if caller is None or caller.role is Role.LINK or _is_preflight(connection):
        return
    method = "GET" if handler.opt.get(READS) else cast("str", connection.scope.get("method"))
    by_method = SCOPES_OF_METHOD.get(method, OTHER_METHODS)
    check_scopes(caller.scopes, handler.opt.get(SCOPES, by_method))


admins_only = _require_role("This route requires an admin key.", Role.ADMIN)
admins_and_services = _require_role(
    "This route requires an admin or a service key.", Role.ADMIN, Role.SERVICE
)


async def no_client_keys(connection: Connection, _: BaseRouteHandler) -> None:
    """Require a key that is not bound to one user.

    Raises:
        Forbidden: The key is bound to a user.
    """
    if not _is_preflight(connection) and connection.user.user_id is not None:
        raise Forbidden(
            "This route reads data of several users: it requires an admin or a service key, or "
            "that of a reader without a user_id."
        )


async def may_read_user(connection: Connection, _: BaseRouteHandler) -> None:
    """Require that the caller may read the user of the path.

    Raises:
        NotFound: The caller is a client or a link of another user.
        InvalidValue: The user ID is not well formed.
    """
    if not _is_preflight(connection):
        check_may_read(connection.user, connection.path_params["user_id"])


async def may_delete_user(connection: Connection, _: BaseRouteHandler) -> None:
    """Require that the caller may delete the user of the path.

    Raises:
        NotFound: The caller is a client of another user.
        Forbidden: The caller is a link.
        InvalidValue: The user ID is not well formed.
    """
    if not _is_preflight(connection):
        check_may_delete(connection.user, connection.path_params["user_id"])


async def webhooks_configured(connection: Connection, _: BaseRouteHandler) -> None:
    """Require that the service can encrypt the secrets of webhooks.

    Raises:
        WebhooksNotSetUp: It has no key for that.
    """
    if not _is_preflight(connection):
        connection.app.state.stores.secret_box.check_configured()


async def learning_on(connection: Connection, _: BaseRouteHandler) -> None:
    """Require that the service learns.

    Raises:
        LearningOff: It does not.
    """
    if not _is_preflight(connection) and not connection.app.state.settings.learning.learning:
        raise LearningOff(HOW_TO_LEARN)


async def metrics_readers(connection: Connection, handler: BaseRouteHandler) -> None:
    """Require an admin key for the metrics, unless they are open to the request.

    Raises:
        Unauthenticated: The request has no valid key.
        Forbidden: The caller has another key than an admin's.
    """
    if not _is_preflight(connection) and not may_monitor(connection):
        connection.scope["user"] = await find_caller(connection)
        await admins_only(connection, handler)


def may_monitor(connection: Connection) -> bool:
    """Return whether a request may read metrics and details without a key."""
    is_open = connection.app.state.settings.api.metrics_open
    return is_local(connection.scope) if is_open == "local" else bool(is_open)


async def sees_details(request: Request[Any, Any, Any]) -> bool:
    """Return whether a request may read the details of the readiness."""
    if may_monitor(request):
        return True
    try:
        async with asyncio.timeout(KEY_SECONDS):
            return (await find_caller(request)).is_admin
    except NO_KEY_FOUND:
        return False


def _is_preflight(connection: Connection) -> bool:
    return isinstance(connection, Request) and connection.method == HttpMethod.OPTIONS
