"""The address that links begin with. A client cannot choose it by its Host header."""

from typing import Any

from litestar import Request

from api.settings import ApiSettings


def service_address(request: Request[Any, Any, Any]) -> str:
    """Give the address of the service, without a slash at its end.

    It is the public URL; else that of the request's Host, if the settings allow this host; else
    the address on which the server took the request.
    """
    settings: ApiSettings = request.app.state.settings.api
    if settings.public_url:
        return settings.public_url.rstrip("/")
    host = request.headers.get("host", "").casefold()
    if host in settings.link_hosts:
        return f"{request.scope['scheme']}://{host}"
    server = request.scope.get("server")
    name, port = server or (settings.host, settings.port)
    name = f"[{name}]" if ":" in name else name
    return f"http://{name}" if port is None else f"http://{name}:{port}"


def location_of(request: Request[Any, Any, Any], path: str) -> str:
    """Give the URL of a path: below the public URL or, without one, on the host of the request."""
    settings: ApiSettings = request.app.state.settings.api
    return settings.public_url.rstrip("/") + path
