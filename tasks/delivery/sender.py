"""Sends one request to a receiver that may be anybody's, and may be anything.

The library does the protocols; this decides where it may connect to, and what it never does:
follow a redirect, ask a proxy, keep a cookie, unpack what came packed, or wait for ever.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Self

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import AsyncResolver

from domain.errors.requests import InvalidValue
from domain.webhooks.addresses import AddressGuard, TargetRules, check_url

MAX_ANSWER_BYTES = 2048
TEXT_SECONDS = 1.0
# What the library lets through of a broken peer; uvloop has RuntimeErrors of its own.
_BROKEN = (aiohttp.ClientError, OSError, RuntimeError)


class AddressRefused(OSError):
    """The receiver is at an address that must not be reached."""


class Answer(msgspec.Struct, frozen=True):
    """What came of an attempt.

    Attributes:
        seconds: How long it took.
        status_code: None where no answer came.
        text: Its first 2 KB; None where no answer came.
        retry_after: Its Retry-After.
        error: Why no answer came: ``timeout``, ``address_refused``, ``url_refused``,
            ``name_not_found``, ``connection_failed``, ``tls_failed``, ``connection_lost``,
            ``bad_answer``.
    """

    seconds: float
    status_code: int | None = None
    text: str | None = None
    retry_after: str | None = None
    error: str | None = None


class Sender:
    """Sends requests; an asynchronous context.

    Args:
        rules: Which receivers are admitted.
        timeout_seconds: For all of an attempt, from the name to the last byte.
        resolver: Looks names up; the system's name servers where None.
        tls: Whose certificates are trusted; those that the system trusts where None.
    """

    def __init__(
        self,
        rules: TargetRules,
        timeout_seconds: float,
        resolver: AbstractResolver | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._rules = rules
        self._guard = AddressGuard(rules.networks)
        self._timeout_seconds = timeout_seconds
        self._resolver = resolver
        self._tls = tls

    async def __aenter__(self) -> Self:
        # Asks name servers without a thread: one that does not answer holds up nobody else.
        self._checked = _CheckedResolver(self._resolver or AsyncResolver(), self._guard)
        connector = aiohttp.TCPConnector(
            resolver=self._checked,
            socket_factory=self._open_socket,
            ssl=self._tls or True,
            use_dns_cache=False,
            limit=0,
            # A kept connection may just be closing: an attempt would fail for nothing.
            force_close=True,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            trust_env=False,
            auto_decompress=False,
            headers={"User-Agent": "Minilab-Webhooks", "Accept-Encoding": "identity"},
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()
        await self._checked.close()

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """POST a body once.

        Args:
            url: Of the receiver.
            body: JSON.
            headers: Beside those that every request has.

        Returns:
            What came of it. The status counts as soon as it is there, however the rest goes.
        """
        began = time.monotonic()
        response, text, error = None, bytearray(), "url_refused"
        try:
            check_url(url, self._rules)
            async with (
                asyncio.timeout(self._timeout_seconds),
                self._post(url, body, headers) as got,
            ):
                response = got
                await _read(response.content, text)
        except TimeoutError:
            error = "timeout"
        except _BROKEN as failure:
            error = _name(failure)
        except InvalidValue:
            pass
        seconds = time.monotonic() - began
        if response is None:
            return Answer(seconds, error=error)
        retry_after = response.headers.get("Retry-After")
        return Answer(seconds, response.status, text.decode(errors="replace"), retry_after)

    def _post(
        self, url: str, body: bytes, headers: Mapping[str, str]
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        return self._session.post(
            url,
            data=body,
            headers={"Content-Type": "application/json", **headers},
            allow_redirects=False,
        )

    def _open_socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        """Open a socket for an address; every connection comes through here."""
        family, kind, protocol, _, address = info
        if not self._guard.admits(str(address[0])):
            raise AddressRefused
        return socket.socket(family, kind, protocol)


class _CheckedResolver(AbstractResolver):
    """Looks a name up once; where one of its addresses is refused, the name is."""

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


async def _read(stream: aiohttp.StreamReader, text: bytearray) -> None:
    """Read what comes soon: the status has said what counts, and others wait for the slot."""
    async with asyncio.timeout(TEXT_SECONDS):
        while piece := await stream.read(MAX_ANSWER_BYTES - len(text)):
            text += piece


def _name(failure: Exception) -> str:
    """Name a failure, without what it tells of the network here."""
    cause = getattr(failure, "os_error", failure)
    if isinstance(cause, AddressRefused):
        return "address_refused"
    names: tuple[tuple[type[Exception], str], ...] = (
        (aiohttp.InvalidURL, "url_refused"),
        (aiohttp.ClientSSLError, "tls_failed"),
        (aiohttp.ClientConnectorDNSError, "name_not_found"),
        (aiohttp.ClientConnectorError, "connection_failed"),
        (aiohttp.ClientResponseError, "bad_answer"),
    )
    return next((name for kind, name in names if isinstance(failure, kind)), "connection_lost")
