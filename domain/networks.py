"""Networks in CIDR notation."""

from ipaddress import IPv4Network, IPv6Network, ip_network

Networks = tuple[IPv4Network | IPv6Network, ...]


def parse_networks(text: str) -> Networks:
    """Parse a comma list of addresses and networks, as in ``10.0.0.0/8,::1``.

    Raises:
        ValueError: An entry is neither.
    """
    return tuple(ip_network(entry.strip()) for entry in text.split(",") if entry.strip())
