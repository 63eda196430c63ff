"""The open connections of this process: their number, their addresses, their unread bytes."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from ipaddress import ip_address
from typing import Protocol

from domain.errors.capacity import ConnectionsFull, OverLimit, TooManyConnections
from domain.limits import ConnectionLimits
from domain.networks import Networks, client_network

WAIT_SECONDS = 5.0
# Connections that are refused stay open until their client has read why; beyond this, they do not.
MOST_REFUSED = 256
# A client that read a part of an answer within this time is not stalled.
RECENT_SECONDS = 1.0


class Reader(Protocol):
    """A connection, as the receiver of answers."""

    address: str

    def unread_bytes(self) -> int:
        """Count the bytes of answers that wait in this process for the client to read on."""

    def abort(self) -> None:
        """End the connection at once, and drop what is not sent."""


class Connections:
    """Admits connections, and ends those whose clients read nothing.

    The limit for an address does not hold for the connections of a proxy that is trusted; there,
    each running request counts for the address that the proxy names.
    """

    def __init__(self, limits: ConnectionLimits, trusted_proxies: Networks = ()) -> None:
        self.limits = limits
        self.refused = 0
        """Refused connections whose clients may still read why."""
        self._is_proxy = lru_cache(1024)(lambda address: _is_in(address, trusted_proxies))
        self._open: set[Reader] = set()
        self._of_address: Counter[str] = Counter()
        # Connections with unread bytes, and since when none were read, the longest first.
        self._stalled: OrderedDict[Reader, tuple[float, int]] = OrderedDict()
        self._unread_bytes = 0

    @property
    def count(self) -> int:
        """The number of open connections."""
        return len(self._open)

    def enter(self, reader: Reader) -> OverLimit | None:
        """Count a new connection; or say why it is refused."""
        most = self.limits.max_connections
        if most and len(self._open) >= most:
            return ConnectionsFull("Send the same request again later.", WAIT_SECONDS)
        if not self._is_proxy(reader.address):
            if refusal := self._refusal_of(reader.address):
                return refusal
            self._of_address[client_network(reader.address)] += 1
        self._open.add(reader)
        return None

    def leave(self, reader: Reader) -> None:
        """Forget a connection that has ended."""
        self._forget_stall(reader)
        if reader in self._open:
            self._open.remove(reader)
            if not self._is_proxy(reader.address):
                self._uncount(reader.address)

    @contextmanager
    def request_of(self, address: str, peer: str) -> Iterator[None]:
        """Count a request for an address that a trusted proxy names, while it runs.

        Raises:
            TooManyConnections: The address has reached its limit.
        """
        if address == peer or not self._is_proxy(peer):
            yield
            return
        if refusal := self._refusal_of(address):
            raise refusal
        self._of_address[client_network(address)] += 1
        try:
            yield
        finally:
            self._uncount(address)

    def note_unread(self, reader: Reader) -> None:
        """Note that a client has not read all that was written.

        If the unread bytes of all clients are over the limit, the clients that have read nothing
        for the longest time are disconnected.
        """
        self._forget_stall(reader)
        self._set_stall(reader, asyncio.get_running_loop().time(), reader.unread_bytes())
        self._make_room()

    def look(self) -> None:
        """Look at what each client has read since the last look; end those that read nothing."""
        now = asyncio.get_running_loop().time()
        for reader in list(self._open):
            unread = reader.unread_bytes()
            since, before = self._stalled.get(reader, (now, unread))
            if unread < before:
                since = now
            self._forget_stall(reader)
            if now - since > self.limits.max_unread_seconds:
                reader.abort()
            elif unread:
                self._set_stall(reader, since, unread)
        # The order of their stalls, not of this look.
        self._stalled = OrderedDict(sorted(self._stalled.items(), key=lambda item: item[1][0]))
        self._make_room()

    def _make_room(self) -> None:
        now = asyncio.get_running_loop().time()
        while self._unread_bytes > self.limits.max_unread_bytes:
            reader, (since, _) = next(iter(self._stalled.items()))
            if now - since < RECENT_SECONDS:
                return
            self._forget_stall(reader)
            reader.abort()

    def _set_stall(self, reader: Reader, since: float, unread: int) -> None:
        self._stalled[reader] = since, unread
        self._unread_bytes += unread

    def _forget_stall(self, reader: Reader) -> None:
        _, unread = self._stalled.pop(reader, (0.0, 0))
        self._unread_bytes -= unread

    def _refusal_of(self, address: str) -> OverLimit | None:
        most = self.limits.max_connections_per_address
        if not most or self._of_address[client_network(address)] < most:
            return None
        return TooManyConnections(f"The limit is {most} at the same time.", WAIT_SECONDS)

    def _uncount(self, address: str) -> None:
        client = client_network(address)
        self._of_address[client] -= 1
        if not self._of_address[client]:
            del self._of_address[client]


def _is_in(address: str, networks: Networks) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:  # The address of a Unix socket, or one that a proxy has made up.
        return False
    return any(parsed in network for network in networks)
