"""Networks in CIDR notation, and the client that an address belongs to."""

import pytest

from domain.networks import client_network, parse_networks


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
        ("2001:db8:0:1:2:3:4:5", "2001:db8:0:1::/64"),
        ("2001:db8:0:1::9", "2001:db8:0:1::/64"),
        ("", ""),
        ("no address", "no address"),
    ],
)
def test_client_of_an_address_is_its_network_where_it_has_many(address: str, client: str) -> None:
    assert client_network(address) == client


def test_networks_are_read_from_a_comma_list() -> None:
    assert [str(one) for one in parse_networks(" 10.0.0.0/8, ::1 ,")] == ["10.0.0.0/8", "::1/128"]
    assert parse_networks("") == ()
    with pytest.raises(ValueError, match="does not appear"):
        parse_networks("10.0.0.0/8,proxy")
