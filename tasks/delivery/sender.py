"""Sends webhook requests to untrusted receivers.

aiohttp implements the protocols. This module decides where it may connect to, and forbids
redirects, proxies, cookies, decompression and unlimited waits.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Mapping
from typing import Self

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import AsyncResolver

from domain.errors.requests import InvalidValue
from domain.webhooks.addresses import AddressGuard, TargetRules, check_url

MAX_ANSWER_BYTES = 2048
TEXT_SECONDS = 1.0
# The errors that aiohttp raises for a broken peer; uvloop adds RuntimeError.
_BROKEN = (aiohttp.ClientError, OSError, RuntimeError)


class AddressRefused(OSError):
    """The address of the receiver is not admitted."""


class Answer(msgspec.Struct, frozen=True):
    """The result of a request: the first 2 KiB of the answer, or why there is none."""

    seconds: float
    status_code: int | None = None
    text: str | None = None
    retry_after: str | None = None
    error: str | None = None


class Sender:
    """Sends requests; an asynchronous context manager.

    Args:
        rules: Which receivers are admitted.
        timeout_seconds: Limit for one request, from the name lookup to the last byte.
        resolver: Resolves names; None for the name servers of the system.
        tls: Trusted certificates; None for those of the system.
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
        # Asks name servers without a thread, so one that does not answer delays no other request.
        self._checked = _CheckedResolver(self._resolver or AsyncResolver(), self._guard)
        connector = aiohttp.TCPConnector(
            resolver=self._checked,
            socket_factory=self._open_socket,
            ssl=self._tls or True,
            use_dns_cache=False,
            limit=0,
            # A reused connection may be closing, which would fail the attempt.
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

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()
        await self._checked.close()

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a JSON body once; a status counts, even if the rest of the answer fails."""
        began = time.monotonic()
        response, text, error = None, bytearray(), "url_refused"
        headers = {"Content-Type": "application/json", **headers}
        try:
            check_url(url, self._rules)
            async with (
                asyncio.timeout(self._timeout_seconds),
                self._session.post(url, data=body, headers=headers, allow_redirects=False) as got,
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


async def _read(stream: aiohttp.StreamReader, text: bytearray) -> None:
    """Read the start of an answer for a short time: the status alone decides."""
    async with asyncio.timeout(TEXT_SECONDS):
        while piece := await stream.read(MAX_ANSWER_BYTES - len(text)):
            text += piece


def _name(failure: Exception) -> str:
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
    )
    return next((name for kind, name in names if isinstance(failure, kind)), "connection_lost")
