"""The HTTP client below: sends again what can be sent again, and raises what is no success."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any, BinaryIO

import anyio
import httpx

from ..client import AuthenticatedClient
from ..problems import ApiError, ConnectionFailed, error_of
from ..retries import IDEMPOTENT, Retries

ONCE = {"minilab_retries": Retries(limit=0)}
"""Extensions of a request that is not sent again."""
_CHUNK_BYTES = 64 * 1024
_CONNECT_SECONDS = 10.0
# The headers of a request that also a store of bytes needs to know.
_ELSEWHERE = ("Accept-Encoding", "Range", "User-Agent")
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


class AsyncHttpClient(httpx.AsyncClient):
    """An HTTP client with patience."""

    def __init__(self, *, retries: Retries, **options: Any) -> None:
        super().__init__(**options)
        self._retries = retries

    def build_request(self, method: str, url: httpx.URL | str, **options: Any) -> httpx.Request:
        """Build a request. A file that is its body is read again for each attempt.

        Raises:
            ValueError: A part of the path, such as an ID, is empty or a dot: it would name another
                route.
        """
        if not {"", ".", ".."}.isdisjoint(str(url).partition("?")[0].split("/")[1:]):
            raise ValueError("a part of the path, such as an ID, is empty or a dot")
        if hasattr(options.get("content"), "read"):
            options["content"] = _AsyncFileBody(options["content"])
        return super().build_request(method, url, **options)

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send a request until it succeeds.

        Raises:
            ApiError: The last answer is not a success.
            ConnectionFailed: There was no answer.
        """
        retries: Retries = request.extensions.get("minilab_retries", self._retries)
        repeatable = request.method in IDEMPOTENT or "Idempotency-Key" in request.headers
        attempt = 0
        while True:
            outcome, cause = await self._try(request, options)
            if isinstance(outcome, httpx.Response):
                return outcome
            pause = retries.pause_after(
                outcome,
                attempt=attempt,
                repeatable=repeatable,
                sent=not isinstance(cause, _UNSENT),
            )
            if pause is None:
                raise outcome from cause
            await anyio.sleep(pause)
            attempt += 1

    async def _try(
        self, request: httpx.Request, options: dict[str, Any]
    ) -> tuple[httpx.Response | ApiError | ConnectionFailed, httpx.TransportError | None]:
        try:
            response = await super().send(request, **options)
            if (elsewhere := _elsewhere(request, response)) is not None:
                request = elsewhere
                response = await self._follow(response, request, options)
            if response.is_success:
                return response, None
            content = await response.aread()
        except (httpx.UnsupportedProtocol, httpx.LocalProtocolError):
            raise  # A mistake of the caller.
        except httpx.TransportError as cause:
            return failed(request, cause), cause
        return error_of(response.status_code, response.headers, content), None

    async def _follow(
        self, response: httpx.Response, request: httpx.Request, options: dict[str, Any]
    ) -> httpx.Response:
        """Get the bytes of a picture from where the service keeps them."""
        await response.aclose()
        found = await super().send(request, **{**options, "auth": None})
        found.history = [response]
        return found


def _elsewhere(request: httpx.Request, response: httpx.Response) -> httpx.Request | None:
    """Build the request for another server that has the bytes; None if there is none.

    Neither the key nor any other header of the service goes there.
    """
    found = response.next_request
    is_sent_on = request.method == "GET" and response.status_code == httpx.codes.TEMPORARY_REDIRECT
    if not is_sent_on or found is None or found.url.netloc == request.url.netloc:
        return None
    headers = {name: found.headers[name] for name in _ELSEWHERE if name in found.headers}
    return httpx.Request("GET", found.url, headers=headers, extensions=request.extensions)


class _AsyncFileBody:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self._file.seek(0)
        while chunk := self._file.read(_CHUNK_BYTES):
            yield chunk


def failed(request: httpx.Request, cause: Exception) -> ConnectionFailed:
    """Build the exception for a connection; its text names no path, which may contain a token."""
    reason = str(cause) or type(cause).__name__
    return ConnectionFailed(f"no answer from {request.url.netloc.decode()}: {reason}")


def connect(
    base_url: str, token: str, timeout: float, retries: Retries, options: dict[str, Any]
) -> AuthenticatedClient:
    """Make the client that the generated functions take.

    Raises:
        ValueError: The key or token is none; the errors of the HTTP library would show it.
    """
    if token and not re.fullmatch(r"[!-~]+", token):
        raise ValueError("a key or token is one line of printable ASCII, without spaces")
    http = AsyncHttpClient(
        retries=retries,
        base_url=base_url,
        headers={"Authorization": f"Bearer {token}"} if token else {},
        timeout=httpx.Timeout(timeout, connect=min(timeout, _CONNECT_SECONDS)),
        **options,
    )
    return AuthenticatedClient(base_url=base_url, token=token).set_async_httpx_client(http)
