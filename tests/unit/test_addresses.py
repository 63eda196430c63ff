"""Addresses that webhooks may be sent to, in every notation."""

import pytest

from domain.addresses import AddressGuard, TargetRules, check_url, read_target_rules
from domain.errors.requests import InvalidValue
from domain.settings import SettingsError, SettingsReader

REFUSED = [
    "0.0.0.0",  # noqa: S104
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.9",
    "192.0.0.192",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.175.48.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "0:0:0:0:0:ffff:10.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2002:808:808::1",
    "2620:4f:8000::1",
    "2a00:1450:4001:800:0:5efe:7f00:1",
    "2a00:1450:4001:800:200:5efe:a9fe:a9fe",
    "3fff::1",
    "3ffe::1%eth0",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd12:3456:789a::1",
    "fe80::1",
    "fe80::1%eth0",
    "fe80::a9fe:a9fe%1",
    "2606:4700::1111%lo",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]
NO_ADDRESSES = [
    "",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.01",
    "127.0.0.1.",
    " 127.0.0.1",
    "１２７.0.0.1",
    "①②⑦.0.0.1",
    "[::1]",
    "::1/128",
    "::ffff:127.1",
    "localhost",
    "1.1.1.1:80",
]
ADMITTED = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "172.15.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "2606:4700:4700::1111",
    "2a00:1450:4001:800::200e",
]


@pytest.mark.parametrize("text", REFUSED)
def test_refuses_address(text: str) -> None:
    assert not AddressGuard().admits(text)


@pytest.mark.parametrize("text", NO_ADDRESSES)
def test_refuses_what_is_no_address(text: str) -> None:
    assert not AddressGuard(TargetRules("0.0.0.0/0, ::/0").networks).admits(text)


@pytest.mark.parametrize("text", ADMITTED)
def test_admits_address(text: str) -> None:
    assert AddressGuard().admits(text)


def test_allow_list_admits_its_networks_and_no_others() -> None:
    guard = AddressGuard(TargetRules("10.1.0.0/16, 192.168.7.7,fd00:1::/64").networks)
    assert all(map(guard.admits, ["10.1.2.3", "::ffff:10.1.2.3", "192.168.7.7", "fd00:1::9"]))
    others = ["10.2.0.1", "192.168.7.8", "fd00:2::1", "127.0.0.1", "64:ff9b::a01:203"]
    assert not any(map(guard.admits, others))
    assert guard.admits("1.1.1.1")


def test_a_zone_is_refused_though_its_network_is_allowed() -> None:
    assert not AddressGuard(TargetRules("fe80::/10").networks).admits("fe80::1%eth0")


@pytest.mark.parametrize("text", ["10.0.0.1/8", "somewhere", "10.0.0.0/33", "10.0.0.0/8;fd00::/8"])
def test_allow_list_that_cannot_be_read_is_a_mistake_of_the_settings(text: str) -> None:
    reader = SettingsReader({"MINILAB_WEBHOOK_ALLOW": text})
    read_target_rules(reader)
    with pytest.raises(SettingsError, match="MINILAB_WEBHOOK_ALLOW"):
        reader.check()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/hook",
        "//example.com/hook",
        "http://example.com/hook",
        "ftp://example.com/hook",
        "file:///etc/passwd",
        "https:///hook",
        "https://:443/hook",
        "https://user:password@example.com/",
        "https://user@example.com/",
        "https://@example.com/",
        "https://example.com/#fragment",
        "https://example.com:99999/",
        "https://example.com:port/",
        "https://exa mple.com/",
        "https://example.com\\@127.0.0.1/",
        "https://example.com/\r\nX-Header: 1",
        "https://example.com/\x00",
        "https://127。0。0。1/",
        "https://①②⑦.0.0.1/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://127.0.0.1./",
        "https://2130706433/",
        "https://0x7f.0.0.1/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fe80::1%25eth0]/",
        "https://[fe80::1%eth0]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[::1/",
        f"https://example.com/{'a' * 2048}",
    ],
)
def test_refuses_url(url: str) -> None:
    with pytest.raises(InvalidValue):
        check_url(url, TargetRules())


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://EXAMPLE.com:8443/hook?token=a%20b&x=1",
        "https://xn--fa-hia.de/",
        "https://1.1.1.1/hook",
        "https://[2606:4700:4700::1111]:8443/hook",
        "https://10.example.com/",
    ],
)
def test_admits_url(url: str) -> None:
    check_url(url, TargetRules())


def test_admits_http_and_private_addresses_where_the_settings_do() -> None:
    rules = TargetRules(webhook_allow="127.0.0.0/8", webhook_allow_http=True)
    check_url("http://127.0.0.1:9000/hook", rules)
    with pytest.raises(InvalidValue):
        check_url("http://10.0.0.1/", rules)
