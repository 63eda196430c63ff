"""Wrong keys by address: windows, networks of IPv6 clients, and a bounded table."""

from prometheus_client import CollectorRegistry

from api.http.wrong_keys import MAX_ADDRESSES, WINDOW_SECONDS, WrongKeys


class _Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _wrong_keys(most: int) -> tuple[WrongKeys, _Clock]:
    clock = _Clock()
    return WrongKeys(most, CollectorRegistry(), clock), clock


def test_an_address_is_slowed_until_its_window_ends() -> None:
    wrong_keys, clock = _wrong_keys(3)
    assert [wrong_keys.note("192.0.2.1") for _ in range(3)] == [None] * 3
    clock.now += 10
    assert wrong_keys.note("192.0.2.1") == WINDOW_SECONDS - 10
    assert wrong_keys.is_slowed("192.0.2.1")
    assert not wrong_keys.is_slowed("192.0.2.2")
    assert wrong_keys.note("192.0.2.2") is None
    clock.now += WINDOW_SECONDS - 9
    assert not wrong_keys.is_slowed("192.0.2.1")
    assert wrong_keys.note("192.0.2.1") is None


def test_addresses_of_one_ipv6_network_count_together() -> None:
    wrong_keys, _ = _wrong_keys(2)
    wrong_keys.note("2001:db8::1")
    wrong_keys.note("2001:db8::ffff:2")
    assert wrong_keys.is_slowed("2001:db8::3")
    assert not wrong_keys.is_slowed("2001:db8:0:1::1")


def test_no_limit_slows_nobody() -> None:
    wrong_keys, _ = _wrong_keys(0)
    assert {wrong_keys.note("192.0.2.1") for _ in range(1000)} == {None}


def test_the_table_of_addresses_is_bounded() -> None:
    wrong_keys, _ = _wrong_keys(1)
    for number in range(2 * MAX_ADDRESSES):
        wrong_keys.note(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(wrong_keys._failures) == MAX_ADDRESSES
