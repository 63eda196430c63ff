"""Requests from this machine, which may read metrics and details without a key."""

from ipaddress import ip_address

from litestar.types import Scope

# A proxy on this machine passes on requests of others: each of these headers is set by proxies. So
# does a browser, for pages of other origins: it sets Origin.
_FORWARDED = {
    b"forwarded",
    b"origin",
    b"via",
    b"x-forwarded-for",
    b"x-forwarded-host",
    b"x-forwarded-proto",
    b"x-real-ip",
}


def is_local(scope: Scope) -> bool:
    """Return whether a request comes from a loopback address, and not through a proxy or a page.

    Nothing that a request says makes it local: a header can only make it foreign.
    """
    client = scope.get("client")
    if client is None or any(name in _FORWARDED for name, _ in scope["headers"]):
        return False
    try:
        address = ip_address(client[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
