"""Links of a replica set of which some can be cut: a member stays reachable for clients alone."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil

from chaos.proxy import Proxy, reset

Ports = Callable[[], set[int]]
"""The local ports of the processes that are cut off."""


class MemberLink(Proxy):
    """The link before a member, which can be closed for some processes and stay open for others."""

    def __init__(self, port: int, seed: int) -> None:
        super().__init__(port, seed)
        self._cut_off: Ports | None = None
        self._unanswered: list[asyncio.StreamWriter] = []

    @contextmanager
    def cut_off(self, ports: Ports) -> Iterator[None]:
        """Reset the connections of some processes, and answer none of their new ones.

        Args:
            ports: Asked once now, and at every connection that is made while the context lasts.
        """
        self._cut_off = ports
        of_cut = ports()
        for writer in list(self._open):
            if _port_of_peer(writer) in of_cut:
                reset(writer)
        try:
            yield
        finally:
            self._cut_off = None
            for writer in self._unanswered:
                reset(writer)
            self._unanswered.clear()

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut_off is not None and _port_of_peer(writer) in self._cut_off():
            self._unanswered.append(writer)
        else:
            super()._take(reader, writer)


def ports_of(pid: int) -> set[int]:
    """List the local TCP ports of a process; none if it has ended."""
    with suppress(psutil.NoSuchProcess):
        return {one.laddr.port for one in psutil.Process(pid).net_connections("tcp")}
    return set()


def _port_of_peer(writer: asyncio.StreamWriter) -> int:
    peer = writer.get_extra_info("peername")
    return int(peer[1]) if peer else 0
