"""Ports on loopback."""

import secrets
import socket

# Below the range of the kernel for outgoing connections: a port in that range may be taken while
# its server restarts, even by a client that connects to itself.
_PORTS = range(20_000, 32_000)
_CONNECT_SECONDS = 1.0


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Say whether a server could listen on a port of an address now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def find_free_port() -> int:
    """Choose a free port at random."""
    while not is_free(port := _PORTS.start + secrets.randbelow(len(_PORTS))):
        pass
    return port


def accepts_connections(port: int) -> bool:
    """Say whether a server listens on a loopback port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=_CONNECT_SECONDS).close()
    except OSError:
        return False
    return True
