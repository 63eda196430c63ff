"""Sends webhook requests to untrusted receivers, which are given a short time to answer."""

import asyncio
import ssl
import time
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Self

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver

from domain.addresses import TargetRules, check_url
from domain.errors.requests import InvalidValue
from tasks.guarded_client import BROKEN, GuardedClient, name_failure

MAX_ANSWER_BYTES = 2048
TEXT_SECONDS = 1.0
# Less than common servers wait for another request: 2 s and more.
IDLE_SECONDS = 1.0
# A connection that the receiver has closed meanwhile.
LOST = (aiohttp.ClientConnectionError, OSError, RuntimeError)


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
        self._timeout_seconds = timeout_seconds
        reuse = aiohttp.TraceConfig()
        reuse.on_connection_reuseconn.append(_note_reuse)
        self._client = GuardedClient(
            rules.networks, "Minilab-Webhooks", resolver, tls, IDLE_SECONDS, [reuse]
        )

    async def __aenter__(self) -> Self:
        self._session = await self._client.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._client.__aexit__(*error)

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send a JSON body once; a status counts, even if the rest of the answer fails.

        A receiver may close a connection that waits for the next message. Then the message is sent
        again at once, on another one.
        """
        began = time.monotonic()
        response, text, error = None, bytearray(), "url_refused"
        headers = {"Content-Type": "application/json", **headers}
        try:
            check_url(url, self._rules)
            async with asyncio.timeout(self._timeout_seconds):
                while response is None:
                    used = _Connection()
                    try:
                        async with self._session.post(
                            url,
                            data=body,
                            headers=headers,
                            allow_redirects=False,
                            trace_request_ctx=used,
                        ) as got:
                            response = got
                            await _read(response.content, text)
                    except LOST:
                        if not used.is_reused:
                            raise
        except TimeoutError:
            error = "timeout"
        except BROKEN as failure:
            error = name_failure(failure)
        except InvalidValue:
            pass
        seconds = time.monotonic() - began
        if response is None:
            return Answer(seconds, error=error)
        retry_after = response.headers.get("Retry-After")
        return Answer(seconds, response.status, text.decode(errors="replace"), retry_after)


class _Connection:
    """The connection of a request."""

    is_reused = False


async def _note_reuse(_: object, trace: SimpleNamespace, __: object) -> None:
    trace.trace_request_ctx.is_reused = True


async def _read(stream: aiohttp.StreamReader, text: bytearray) -> None:
    """Read the start of an answer for a short time: the status alone decides."""
    async with asyncio.timeout(TEXT_SECONDS):
        while piece := await stream.read(MAX_ANSWER_BYTES - len(text)):
            text += piece
