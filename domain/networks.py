"""Networks in CIDR notation."""

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

IPV6_CLIENT_BITS = 64
"""One client has a network of this prefix length."""

Networks = tuple[IPv4Network | IPv6Network, ...]


def parse_networks(text: str) -> Networks:
    """Parse a comma list of addresses and networks, as in ``10.0.0.0/8,::1``.

    Raises:
        ValueError: An entry is neither.
    """
    return tuple(ip_network(entry.strip()) for entry in text.split(",") if entry.strip())


def client_network(address: str) -> str:
    """Name the client of an address: its network for IPv6, where a client has many addresses."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(IPv6Network((int(parsed), IPV6_CLIENT_BITS), strict=False))
    return address
