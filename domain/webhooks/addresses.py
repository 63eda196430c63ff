"""Which receivers may be reached: never what only this machine and its network can reach.

Names prove nothing, and DNS may answer differently each time: an address is judged when it is
about to be connected to.
"""

import re
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import urlsplit

import msgspec

from domain.errors.requests import InvalidValue
from domain.settings import SettingsReader

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# The addresses at which the machines of the Internet are. Of IPv6 only these are given out.
# Source: https://www.iana.org/assignments/ipv6-address-space
GLOBAL_UNICAST = IPv6Network("2000::/3")

# Named in full, as different versions of Python call different ones of these global.
# Source: https://www.iana.org/assignments/iana-ipv4-special-registry and …/iana-ipv6-…
DENIED: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # this machine
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # behind a carrier's NAT; metadata of some clouds
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # what Azure answers its machines from
            "169.254.0.0/16",  # link-local; metadata of most clouds
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocols; metadata of some clouds
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, broadcast
            "2001::/23",  # protocols: Teredo, benchmarks, ORCHID
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: carries an IPv4 address
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
        ),
    )
)
# The interface ID of ISATAP carries an IPv4 address too; one bit of it may be set or not.
ISATAP, ISATAP_MASK = 0x0000_5EFE, 0xFDFF_FFFF
SCHEMES = {"https": 443, "http": 80}
MAX_URL_CHARS = 2048
HEX = re.compile("0x[0-9a-f]*", re.IGNORECASE)


class TargetRules(msgspec.Struct, frozen=True):
    """Receivers of webhooks that are allowed in addition to those on the Internet.

    Attributes:
        webhook_allow: Private networks in which receivers are allowed, a comma-separated list in
            CIDR notation.
        webhook_allow_http: Whether receivers without TLS are allowed.
    """

    webhook_allow: str = ""
    webhook_allow_http: bool = False

    @property
    def networks(self) -> tuple[Network, ...]:
        """The networks of the list.

        Raises:
            ValueError: One of them is none, or has bits set beyond its length.
        """
        return tuple(
            ip_network(entry.strip()) for entry in self.webhook_allow.split(",") if entry.strip()
        )


def read_target_rules(reader: SettingsReader) -> TargetRules:
    """Read which receivers are admitted; a list that cannot be read is a mistake."""
    rules = reader.read(TargetRules)
    try:
        _ = rules.networks
    except ValueError as error:
        reader.refuse(f"MINILAB_WEBHOOK_ALLOW: {error}")
        return TargetRules()
    return rules


class AddressGuard:
    """Says which addresses may be connected to.

    Args:
        allowed: Networks that may be reached whatever else is said of them.
    """

    def __init__(self, allowed: tuple[Network, ...] = ()) -> None:
        self._allowed = allowed

    def admits(self, text: str) -> bool:
        """Say whether an address may be connected to.

        Args:
            text: An address as the system writes it; IPv6 perhaps with a zone. Anything else,
                old spellings of IPv4 such as ``127.1`` among it, is not admitted.
        """
        try:
            address = ip_address(text)
        except ValueError:
            return False
        if isinstance(address, IPv6Address):
            if address.scope_id is not None:  # A zone names an interface of this machine.
                return False
            # Such an address is connected to by IPv4.
            address = address.ipv4_mapped or address
        if any(address in network for network in self._allowed):
            return True
        return _is_public(address)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address):
        carries_ipv4 = int(address) >> 32 & ISATAP_MASK == ISATAP
        if address not in GLOBAL_UNICAST or carries_ipv4:
            return False
    return address.is_global and not any(address in network for network in DENIED)


def check_url(url: str, rules: TargetRules) -> None:
    """Check a receiver's URL, before it is kept and before it is used.

    Only where its host is written as an address can that be judged here; names are judged by
    :class:`AddressGuard`, each time anew.

    Args:
        url: What was asked for.
        rules: Which receivers are admitted.

    Raises:
        InvalidValue: Says in a sentence what is wrong.
    """
    if len(url) > MAX_URL_CHARS:
        raise InvalidValue(f"The URL is longer than {MAX_URL_CHARS} characters.")
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise InvalidValue("The URL has characters that a URL cannot have: encode them.")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise InvalidValue("The URL cannot be read.") from None
    if parts.scheme not in SCHEMES or (parts.scheme == "http" and not rules.webhook_allow_http):
        schemes = "https:// or http://" if rules.webhook_allow_http else "https://"
        raise InvalidValue(f"The URL has to begin with {schemes}.")
    if not host:
        raise InvalidValue("The URL names no host.")
    if parts.username is not None or parts.password is not None:
        raise InvalidValue(
            "The URL must not carry a name or a password: receivers check signatures."
        )
    if parts.fragment:
        raise InvalidValue("The URL has a fragment, which is never sent.")
    if _is_address(host) and not AddressGuard(rules.networks).admits(host):
        raise InvalidValue("The URL names an address that webhooks are not sent to.")


def _is_address(host: str) -> bool:
    """Say whether a host is an address, in whatever spelling: its last part is a number."""
    last = host.rstrip(".").rpartition(".")[2]
    return ":" in host or last.isdecimal() or HEX.fullmatch(last) is not None


def origin_of(url: str) -> str:
    """Give what a URL begins with, up to and with the port.

    Args:
        url: One that :func:`check_url` has passed.

    Returns:
        As in ``https://example.com:443``.
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or SCHEMES[parts.scheme]}"
