"""One request for a file at a URL of a stranger: its bytes are taken in as they come."""

from collections.abc import Awaitable, Callable
from urllib.parse import urldefrag, urljoin, urlsplit

import aiohttp
import msgspec
from yarl import URL

from domain.addresses import FetchRules, check_fetch_url
from domain.errors.base import ServiceError
from domain.errors.files import FetchFailed, FetchRefused, FetchTimedOut
from domain.errors.requests import InvalidValue
from domain.records import ItemError
from tasks.guarded_client import BROKEN, name_failure

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 20.0
PIECE_BYTES = 256 * 1024
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# The server may answer better a moment later.
BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
WORDS = {
    "address_refused": "The name leads to an address that files are not fetched from.",
    "url_refused": "No request can be made for this URL.",
    "tls_failed": "The server has no valid certificate.",
    "name_not_found": "The name of the server is not known.",
    "connection_failed": "The server takes no connection.",
    "bad_answer": "The server gives no valid answer.",
    "connection_lost": "The connection broke off before the end of the file.",
}
REFUSALS = frozenset({"address_refused", "url_refused"})
PASSING = frozenset({"name_not_found", "connection_failed", "connection_lost"})
"""Failures that may pass."""

Take = Callable[[bytes], Awaitable[bool]]
"""Takes bytes of the file; returns whether more are wanted."""


class DownloadFailed(Exception):
    """A request brought no file; ``may_pass`` says whether another may bring it."""

    def __init__(self, error: ServiceError | ItemError, *, may_pass: bool = False) -> None:
        super().__init__(error.code)
        self.error = ItemError(error.code, error.detail)
        self.may_pass = may_pass


class Downloads(msgspec.Struct, frozen=True):
    """Makes requests within a session of a guarded client."""

    session: aiohttp.ClientSession
    rules: FetchRules

    async def get(self, url: str, take: Take) -> str | None:
        """Request a file once.

        Returns:
            The URL that a redirect names, which is checked; None if the file was taken.

        Raises:
            DownloadFailed: There is no file, or not all of it.
            TimeoutError: The caller's time is over.
            Exception: Whatever ``take`` raises.
        """
        self.check(url)
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENCE_SECONDS
        )
        request = self.session.get(URL(url, encoded=True), allow_redirects=False, timeout=timeout)
        try:
            async with request as answer:
                if answer.status in REDIRECTS:
                    return self._target(url, answer.headers.get("Location", ""))
                _check_answer(answer)
                await _read(answer.content, take)
        except aiohttp.ServerTimeoutError as late:
            error = FetchTimedOut("The server was silent for too long.")
            raise DownloadFailed(error, may_pass=True) from late
        except BROKEN as failure:
            raise _failed(failure) from failure
        return None

    def check(self, url: str) -> None:
        """Check a URL before it is used.

        Raises:
            DownloadFailed: It is refused.
        """
        try:
            check_fetch_url(url, self.rules)
        except InvalidValue as refusal:
            raise DownloadFailed(FetchRefused(refusal.detail)) from refusal

    def _target(self, url: str, location: str) -> str:
        try:
            target, _ = urldefrag(urljoin(url, location))
        except ValueError as error:
            raise DownloadFailed(FetchFailed("A redirect names no URL.")) from error
        if not location:
            raise DownloadFailed(FetchFailed("A redirect names no URL."))
        self.check(target)
        if url.lower().startswith("https:") and not target.lower().startswith("https:"):
            raise DownloadFailed(FetchRefused("A redirect leads from https:// to http://."))
        return target


def host_of(url: str) -> str:
    """Return the host of a URL, for people and for limits; empty if it has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _check_answer(answer: aiohttp.ClientResponse) -> None:
    if answer.status != 200:
        error = FetchFailed(f"The server answered with the status {answer.status}.")
        raise DownloadFailed(error, may_pass=answer.status in BUSY)
    encoding = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        raise DownloadFailed(FetchFailed("The server compressed the answer, though asked not to."))


async def _read(stream: aiohttp.StreamReader, take: Take) -> None:
    """Read to the end, or for as long as bytes are wanted; nothing is believed of their number."""
    while piece := await stream.read(PIECE_BYTES):
        if not await take(piece):
            return


def _failed(failure: Exception) -> DownloadFailed:
    name = name_failure(failure)
    kind = FetchRefused if name in REFUSALS else FetchFailed
    return DownloadFailed(kind(WORDS[name]), may_pass=name in PASSING)
