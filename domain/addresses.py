"""Addresses that requests may be sent to: public ones, and those that the settings allow.

A name proves nothing, and DNS may answer differently each time. An address is therefore checked
immediately before the connection.
"""

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from domain.errors.requests import InvalidValue
from domain.settings import SettingsReader

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# The only IPv6 addresses that are assigned to machines of the Internet.
# Source: https://www.iana.org/assignments/ipv6-address-space
GLOBAL_UNICAST = IPv6Network("2000::/3")

# Listed in full, because versions of Python differ in which of these they call global.
# Source: https://www.iana.org/assignments/iana-ipv4-special-registry and …/iana-ipv6-…
DENIED: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # this machine
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # carrier-grade NAT; metadata of some clouds
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # Azure's platform services
            "169.254.0.0/16",  # link-local; metadata of most clouds
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments; metadata of some clouds
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT
            "192.88.99.0/24",  # 6to4 relays
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, broadcast
            "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: contains an IPv4 address
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
        ),
    )
)
# An ISATAP interface ID also contains an IPv4 address; one of its bits varies.
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
            ValueError: An entry is not a network, or has bits set beyond its length.
        """
        return read_networks(self.webhook_allow)


class FetchRules(msgspec.Struct, frozen=True):
    """Servers that files are fetched from, in addition to those on the Internet.

    Attributes:
        fetch_allow: Private networks from which files are fetched, a comma-separated list in CIDR
            notation. Every key that uploads can read pictures there.
        fetch_allow_http: Whether files are fetched without TLS.
    """

    fetch_allow: str = ""
    fetch_allow_http: bool = False

    @property
    def networks(self) -> tuple[Network, ...]:
        """The networks of the list.

        Raises:
            ValueError: An entry is not a network, or has bits set beyond its length.
        """
        return read_networks(self.fetch_allow)


Rules = TypeVar("Rules", TargetRules, FetchRules)


@lru_cache(maxsize=8)  # The same settings for each request.
def read_networks(text: str) -> tuple[Network, ...]:
    """Read a comma-separated list of networks.

    Raises:
        ValueError: An entry is not a network, or has bits set beyond its length.
    """
    return tuple(ip_network(entry.strip()) for entry in text.split(",") if entry.strip())


def read_fetch_rules(reader: SettingsReader) -> FetchRules:
    """Read the rules; an invalid list is reported to the reader."""
    return _read_rules(reader, FetchRules, "MINILAB_FETCH_ALLOW")


def read_target_rules(reader: SettingsReader) -> TargetRules:
    """Read the rules; an invalid list is reported to the reader."""
    return _read_rules(reader, TargetRules, "MINILAB_WEBHOOK_ALLOW")


def _read_rules(reader: SettingsReader, kind: type[Rules], setting: str) -> Rules:
    rules = reader.read(kind)
    try:
        _ = rules.networks
    except ValueError as error:
        reader.refuse(f"{setting}: {error}")
        return kind()
    return rules


class AddressGuard:
    """Admits public addresses, and those of the allowed networks."""

    def __init__(self, allowed: tuple[Network, ...] = ()) -> None:
        self._allowed = allowed

    def admits(self, text: str) -> bool:
        """Check whether an address may be connected to.

        It is refused if it is not written as the system writes it, like the short form ``127.1``.
        """
        try:
            address = ip_address(text)
        except ValueError:
            return False
        if isinstance(address, IPv6Address):
            if address.scope_id is not None:  # A zone names an interface of this machine.
                return False
            # The system connects to a mapped address by IPv4.
            address = address.ipv4_mapped or address
        return any(address in network for network in self._allowed) or _is_public(address)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address):
        carries_ipv4 = int(address) >> 32 & ISATAP_MASK == ISATAP
        if address not in GLOBAL_UNICAST or carries_ipv4:
            return False
    return address.is_global and not any(address in network for network in DENIED)


def check_url(url: str, rules: TargetRules) -> None:
    """Check the URL of a receiver, before it is stored and before it is used.

    A host that is an address is checked here. A host name is checked by :class:`AddressGuard`
    before each connection.

    Raises:
        InvalidValue: The URL cannot be used; the detail says why.
    """
    _check(url, rules.networks, allow_http=rules.webhook_allow_http)


def check_fetch_url(url: str, rules: FetchRules) -> None:
    """Check the URL of a file as :func:`check_url` checks that of a receiver.

    Raises:
        InvalidValue: The URL cannot be used; the detail says why.
    """
    _check(url, rules.networks, allow_http=rules.fetch_allow_http)


def _check(url: str, networks: tuple[Network, ...], *, allow_http: bool) -> None:
    if len(url) > MAX_URL_CHARS:
        raise InvalidValue(f"The URL is longer than {MAX_URL_CHARS} characters.", "url")
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise InvalidValue("The URL has characters that a URL must not have. Encode them.", "url")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise InvalidValue("The URL cannot be read.", "url") from None
    if parts.scheme not in SCHEMES or (parts.scheme == "http" and not allow_http):
        schemes = "https:// or http://" if allow_http else "https://"
        raise InvalidValue(f"The URL must begin with {schemes}.", "url")
    if not host:
        raise InvalidValue("The URL has no host.", "url")
    if parts.username is not None or parts.password is not None:
        raise InvalidValue("The URL must not contain a user name or a password.", "url")
    if parts.fragment:
        raise InvalidValue("The URL must not have a fragment: fragments are never sent.", "url")
    if _is_address(host) and not AddressGuard(networks).admits(host):
        raise InvalidValue("No request is sent to this address. Use a public one.", "url")


def _is_address(host: str) -> bool:
    """Check whether a host is an address in any notation: its last part is a number."""
    last = host.rstrip(".").rpartition(".")[2]
    return ":" in host or last.isdecimal() or HEX.fullmatch(last) is not None


def origin_of(url: str) -> str:
    """Return the origin of a URL that :func:`check_url` accepts: ``https://example.com:443``."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or SCHEMES[parts.scheme]}"
