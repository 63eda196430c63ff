"""Guards of routes that depend on how the service is set up."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from api.http.auth import admins_only, find_caller, is_preflight


def webhooks_configured(
    connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler
) -> None:
    """Guard a route of webhooks.

    Raises:
        WebhooksNotSetUp: The service has no key to encrypt their secrets with.
    """
    if not is_preflight(connection):
        connection.app.state.stores.secret_box.check_configured()


async def metrics_readers(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """Guard the metrics: they are open to all, or to admin keys only if so configured.

    Raises:
        Unauthenticated: The request has no valid key.
        Forbidden: The caller has another key than an admin's.
    """
    state = connection.app.state
    if not state.settings.api.metrics_open and not is_preflight(connection):
        header = connection.headers.get("authorization", "")
        caller = await find_caller(header, state.admin_key_hash, state.stores.api_keys)
        connection.scope["user"] = caller
        admins_only(connection, handler)
