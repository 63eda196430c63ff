"""More queues for connections that wait to be taken.

The kernel allows a listening socket a queue of ``net.core.somaxconn`` connections, 4,096 by
default, and resets what comes while it is full. A process that shares its cores with workers may
be away for longer than a burst takes to fill it. Sockets that share a port have a queue each.
Source: socket(7), SO_REUSEPORT; Linux shares new connections out by a hash of their addresses.
"""

import socket
from collections.abc import Iterable

QUEUES = 4


def open_queues(listeners: Iterable[socket.socket]) -> list[socket.socket]:
    """Open more sockets at the addresses of those that listen already.

    The first socket of an address is bound without sharing, so an address that another process
    uses is still refused.

    Args:
        listeners: The sockets that listen.

    Returns:
        QUEUES - 1 bound sockets for each listener with a port; they do not listen yet.
    """
    opened = []
    for listener in listeners:
        if listener.family not in {socket.AF_INET, socket.AF_INET6}:
            continue
        with socket.socket(fileno=socket.dup(listener.fileno())) as same:
            same.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        for _ in range(QUEUES - 1):
            queue = socket.socket(listener.family, socket.SOCK_STREAM)
            opened.append(queue)
            queue.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            queue.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if listener.family == socket.AF_INET6:
                queue.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            queue.bind(listener.getsockname())
    return opened
