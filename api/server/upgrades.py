"""Requests that offer another protocol, which are answered as if they did not.

The HTTP client of Java offers HTTP/2 with every request that is not encrypted. The parser takes
such a request to end with its headers, so that its body would be read as the next request.
Source: RFC 9110, section 7.8: a server may ignore the offer.
"""

from collections.abc import Callable, Sequence
from typing import Any

import httptools

_OFFERS = frozenset({b"upgrade", b"http2-settings"})


class OfferingParser(httptools.HttpRequestParser):
    """A parser that hands on what follows the headers of a request with an offer."""

    def __init__(self, protocol: Any, go_on: Callable[[bytes], None]) -> None:
        super().__init__(protocol)
        self._go_on = go_on

    def feed_data(self, data: Any) -> None:
        """Parse bytes; those behind an offer are given to ``go_on``."""
        try:
            super().feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._go_on(bytes(data[offer.args[0] :]))


def without_offer(
    method: bytes, url: bytes, version: str, headers: Sequence[tuple[bytes, bytes]]
) -> bytes:
    """Write the head of a request again, without its offer of another protocol."""
    lines = [b"%s %s HTTP/%s" % (method, url, version.encode())]
    lines += [b"%s: %s" % header for header in headers if header[0] not in _OFFERS]
    return b"\r\n".join(lines) + b"\r\n\r\n"
