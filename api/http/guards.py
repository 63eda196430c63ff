"""Guards: what a route requires of its caller, declared on the route.

Browsers ask for the methods of a route by ``OPTIONS``, without a key: guards let them.
"""

from collections.abc import Set as AbstractSet
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.enums import HttpMethod
from litestar.handlers import BaseRouteHandler

from api.http.auth import find_caller
from domain.errors.access import Forbidden
from domain.keys import Caller, Role, check_may_delete, check_may_read

Connection = ASGIConnection[Any, Caller, Any, Any]


def admins_only(connection: Connection, _: BaseRouteHandler) -> None:
    """Require an admin key.

    Raises:
        Forbidden: The caller has another key.
    """
    _require_role(connection, {Role.ADMIN}, "This route requires an admin key.")


def no_client_keys(connection: Connection, _: BaseRouteHandler) -> None:
    """Require an admin or a service key, for a route that reads data of all users.

    Raises:
        Forbidden: The caller has a client key.
    """
    _require_role(
        connection,
        {Role.ADMIN, Role.SERVICE},
        "This route reads data of all users: it requires an admin or a service key.",
    )


def may_read_user(connection: Connection, _: BaseRouteHandler) -> None:
    """Require that the caller may read the user of the path.

    Raises:
        NotFound: The caller is a client or a link of another user.
        InvalidValue: The user ID is not well formed.
    """
    if not _is_preflight(connection):
        check_may_read(connection.user, connection.path_params["user_id"])


def may_delete_user(connection: Connection, _: BaseRouteHandler) -> None:
    """Require that the caller may delete the user of the path.

    Raises:
        NotFound: The caller is a client of another user.
        Forbidden: The caller is a link.
        InvalidValue: The user ID is not well formed.
    """
    if not _is_preflight(connection):
        check_may_delete(connection.user, connection.path_params["user_id"])


def webhooks_configured(connection: Connection, _: BaseRouteHandler) -> None:
    """Require that the service can encrypt the secrets of webhooks.

    Raises:
        WebhooksNotSetUp: It has no key for that.
    """
    if not _is_preflight(connection):
        connection.app.state.stores.secret_box.check_configured()


async def metrics_readers(connection: Connection, handler: BaseRouteHandler) -> None:
    """Require an admin key for the metrics, unless they are open to all.

    Raises:
        Unauthenticated: The request has no valid key.
        Forbidden: The caller has another key than an admin's.
    """
    state = connection.app.state
    if not state.settings.api.metrics_open and not _is_preflight(connection):
        header = connection.headers.get("authorization", "")
        caller = await find_caller(header, state.admin_key_hash, state.stores.api_keys)
        connection.scope["user"] = caller
        admins_only(connection, handler)


def _require_role(connection: Connection, roles: AbstractSet[Role], detail: str) -> None:
    if not _is_preflight(connection) and connection.user.role not in roles:
        raise Forbidden(detail)


def _is_preflight(connection: Connection) -> bool:
    return isinstance(connection, Request) and connection.method == HttpMethod.OPTIONS
