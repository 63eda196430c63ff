"""The target of a request (RFC 9112, section 3): its path, and its Host."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from domain.errors.faults import list_faults
from domain.errors.requests import MalformedRequest

# Stands for an encoded slash while a path is split. No decoded path holds a lone surrogate.
_ENCODED_SLASH = "\udc2f"
_SLASH = re.compile(b"%2f", re.IGNORECASE)
USER = "user_id"
_HOST = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z!$&'()*+,;=._~%-]*)(:(?P<port>[0-9]{0,5}))?")
"""Host and port (RFC 3986, section 3.2), without the future forms of addresses."""
MAX_PORT = 65_535


class WholeSegments:
    """Wraps an application whose router splits paths after decoding them.

    It keeps an encoded slash within its segment, so that ``/v1/users/a%2Fb`` names the user
    ``a/b``. :class:`RequestTarget`, which runs after the routing, decodes it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection."""
        if scope["type"] == ScopeType.HTTP and _SLASH.search(scope["raw_path"]):
            parts = _SLASH.split(scope["raw_path"])
            scope["path"] = _ENCODED_SLASH.join(unquote(part.decode("latin-1")) for part in parts)

            async def send_decoded(message: Message) -> None:
                """Send a part of an answer; the log of the server writes the path that it had.

                Nothing has decoded it where no route was found.
                """
                scope["path"] = _decode(scope["path"])
                await send(message)

            await self._app(scope, receive, send_decoded)
            return
        await self._app(scope, receive, send)


class RequestTarget:
    """Middleware: refuses a Host or a user that cannot be read, and decodes slashes in the path."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection.

        Raises:
            MalformedRequest: The Host is no host with a port, or the name of a user is not UTF-8.
        """
        if _ENCODED_SLASH in scope["path"]:
            scope["path"] = _decode(scope["path"])
            # The router shares the mapping between requests. It has parsed numbers already.
            found: dict[str, Any] = scope["path_params"]
            scope["path_params"] = {
                name: _decode(value) if isinstance(value, str) else value
                for name, value in found.items()
            }
        check_host([value for name, value in scope["headers"] if name == b"host"])
        # No ID that the service makes is in doubt, but users are named by clients.
        if USER in scope["path_params"] and not is_utf8(scope["raw_path"]):
            refuse_text([USER])
        await self._app(scope, receive, send)


def check_host(hosts: list[bytes]) -> None:
    """Refuse Host headers that are no host with a port.

    Raises:
        MalformedRequest: There are several, or the only one cannot be read.
    """
    if len(hosts) > 1:
        raise MalformedRequest("The request has several Host headers.")
    for host in hosts:
        found = _HOST.fullmatch(host)
        if found is None or int(found["port"] or 0) > MAX_PORT:
            raise MalformedRequest("The Host header is not a host with an optional port.")


def is_utf8(encoded: bytes) -> bool:
    """Say whether percent-encoded text is UTF-8."""
    try:
        unquote_to_bytes(encoded).decode()
    except UnicodeDecodeError:
        return False
    return True


def refuse_text(names: Iterable[str]) -> None:
    """Refuse the parameters whose values are not UTF-8, by their names.

    Raises:
        MalformedRequest: Always.
    """
    faults = dict.fromkeys(names, "is not UTF-8")
    raise MalformedRequest(list_faults(faults), faults)


def _decode(text: str) -> str:
    return text.replace(_ENCODED_SLASH, "/")
