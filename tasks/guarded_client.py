"""An HTTP client for URLs of strangers, with a guard of the addresses that it connects to.

aiohttp implements the protocols. This module decides where it may connect to, and forbids
redirects, proxies, cookies and decompression.
"""

import socket
import ssl
from collections.abc import Sequence

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import AsyncResolver

from domain.addresses import AddressGuard, Network

# The errors that aiohttp raises for a broken peer; uvloop adds RuntimeError, yarl ValueError.
BROKEN = (aiohttp.ClientError, OSError, RuntimeError, ValueError)


class AddressRefused(OSError):
    """The address is not admitted."""


class GuardedClient:
    """A session; an asynchronous context manager.

    Args:
        networks: Private networks that are admitted.
        user_agent: How the client names itself.
        resolver: Resolves names; None for the name servers of the system.
        tls: Trusted certificates; None for those of the system.
        idle_seconds: How long a connection waits for the next request to the same host; 0: each
            request has its own. One that is used again leads to the address that was checked.
        traces: Observers of the session.
    """

    def __init__(
        self,
        networks: tuple[Network, ...],
        user_agent: str,
        resolver: AbstractResolver | None = None,
        tls: ssl.SSLContext | None = None,
        idle_seconds: float = 0.0,
        traces: Sequence[aiohttp.TraceConfig] = (),
    ) -> None:
        self._idle_seconds = idle_seconds
        self._traces = list(traces)
        self._guard = AddressGuard(networks)
        self._user_agent = user_agent
        self._resolver = resolver
        self._tls = tls

    async def __aenter__(self) -> aiohttp.ClientSession:
        # Asks name servers without a thread, so one that does not answer delays no other request.
        self._checked = _CheckedResolver(self._resolver or AsyncResolver(), self._guard)
        connector = aiohttp.TCPConnector(
            resolver=self._checked,
            socket_factory=self._open_socket,
            ssl=self._tls or True,
            use_dns_cache=False,
            limit=0,
            force_close=not self._idle_seconds,
            keepalive_timeout=self._idle_seconds or None,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            trust_env=False,
            auto_decompress=False,
            trace_configs=self._traces,
            headers={"User-Agent": self._user_agent, "Accept-Encoding": "identity"},
        )
        return self._session

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()
        await self._checked.close()

    def _open_socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        """Open a socket for an admitted address; every connection is opened here."""
        family, kind, protocol, _, address = info
        if not self._guard.admits(str(address[0])):
            raise AddressRefused
        return socket.socket(family, kind, protocol)


class _CheckedResolver(AbstractResolver):
    """Resolves a name once; a name with a refused address is refused."""

    def __init__(self, resolver: AbstractResolver, guard: AddressGuard) -> None:
        self._resolver = resolver
        self._guard = guard

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if not all(self._guard.admits(one["host"]) for one in found):
            raise AddressRefused
        return found

    async def close(self) -> None:
        await self._resolver.close()


def name_failure(failure: Exception) -> str:
    """Name a failure without details of this network."""
    cause = getattr(failure, "os_error", failure)
    if isinstance(cause, AddressRefused):
        return "address_refused"
    names: tuple[tuple[type[Exception], str], ...] = (
        (aiohttp.InvalidURL, "url_refused"),
        (aiohttp.ClientSSLError, "tls_failed"),
        (aiohttp.ClientConnectorDNSError, "name_not_found"),
        (aiohttp.ClientConnectorError, "connection_failed"),
        (aiohttp.ClientResponseError, "bad_answer"),
        (ValueError, "url_refused"),
    )
    return next((name for kind, name in names if isinstance(failure, kind)), "connection_lost")
