"""The sender with receivers of every kind, and addresses that it refuses."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import dns.flags
import dns.message
import dns.rdatatype
import dns.rrset
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import AsyncResolver

from benchmarks.harness.receivers import Receivers
from benchmarks.harness.streams import HOST
from domain.addresses import TargetRules
from tasks.delivery.sender import MAX_ANSWER_BYTES, Answer, Sender
from tests.certificates import make_certificate

LOCAL = TargetRules(webhook_allow="127.0.0.0/8", webhook_allow_http=True)
NOBODY = TargetRules(webhook_allow_http=True)
SECONDS = 2.0
PATIENT = 30.0
HEADERS = {"webhook-id": "msg_1"}


class ChangingNameServer(asyncio.DatagramProtocol):
    """A name server that gives the next of its answers to each question for an IPv4 address."""

    def __init__(self, answers: Sequence[Sequence[str]]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        question = dns.message.from_wire(data)
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        asked = question.question[0]
        if asked.rdtype == dns.rdatatype.A:
            addresses = self.answers[min(self.asked, len(self.answers) - 1)]
            self.asked += 1
            answer.answer.append(dns.rrset.from_text(asked.name, 0, "IN", "A", *addresses))
        self._transport.sendto(answer.to_wire(), addr)


@asynccontextmanager
async def name_server(*answers: Sequence[str]) -> AsyncIterator[tuple[ChangingNameServer, int]]:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(
        lambda: ChangingNameServer(answers), (HOST, 0)
    )
    try:
        yield server, transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


def resolver_at(port: int) -> AsyncResolver:
    return AsyncResolver(nameservers=[HOST], udp_port=port, tcp_port=port)


class Told(AbstractResolver):
    """Resolves every name to what it was told."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=0,
            )
            for address in self._addresses
        ]

    async def close(self) -> None:
        pass


@pytest.fixture
async def receivers() -> AsyncIterator[Receivers]:
    async with Receivers() as running:
        yield running


async def send(
    url: str,
    rules: TargetRules = LOCAL,
    resolver: AbstractResolver | None = None,
    seconds: float = PATIENT,
    tls: ssl.SSLContext | None = None,
) -> Answer:
    async with Sender(rules, seconds, resolver, tls=tls) as sender:
        return await sender.send(url, b'{"a": 1}', HEADERS)


async def test_sends_the_body_as_it_is(receivers: Receivers) -> None:
    answer = await send(receivers.url("ok"))
    assert (answer.status_code, answer.text, answer.error) == (200, "taken", None)
    [message] = receivers.messages
    assert message.body == b'{"a": 1}'
    assert message.headers["webhook-id"] == "msg_1"
    assert message.headers["content-type"] == "application/json"
    assert message.headers["host"] == f"{HOST}:{receivers.port}"
    assert "cookie" not in message.headers


@pytest.mark.parametrize(
    ("kind", "status_code"),
    [("error", 500), ("busy", 429), ("gone", 410), ("redirect", 302), ("huge", 200)],
)
async def test_gives_the_status(receivers: Receivers, kind: str, status_code: int) -> None:
    answer = await send(receivers.url(kind))
    assert (answer.status_code, answer.error) == (status_code, None)
    assert answer.retry_after == ("1" if kind == "busy" else None)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("never", "timeout"),
        ("slow", "timeout"),
        ("headers", "bad_answer"),
        ("garbage", "bad_answer"),
        ("drop", "connection_lost"),
    ],
)
async def test_gives_the_reason_where_no_answer_comes(
    receivers: Receivers, kind: str, error: str
) -> None:
    answer = await send(receivers.url(kind), seconds=SECONDS if error == "timeout" else PATIENT)
    assert (answer.status_code, answer.text, answer.error) == (None, None, error)


async def test_reads_two_kilobytes_of_an_answer_without_end(receivers: Receivers) -> None:
    answer = await send(receivers.url("huge"))
    assert answer.text == "x" * MAX_ANSWER_BYTES


async def test_status_counts_though_its_body_never_ends(receivers: Receivers) -> None:
    answer = await send(receivers.url("drip"))
    assert (answer.status_code, answer.error) == (200, None)
    assert set(answer.text or "") == {"x"}


async def test_messages_that_follow_share_a_connection(receivers: Receivers) -> None:
    async with Sender(LOCAL, PATIENT) as sender:
        answers = [await sender.send(receivers.url("ok"), b"{}", HEADERS) for _ in range(3)]
        await sender.send(receivers.url("error"), b"{}", HEADERS)
        await sender.send(receivers.url("ok"), b"{}", HEADERS)
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert (len(receivers.messages), receivers.connections) == (5, 2)


async def test_message_is_sent_again_if_a_shared_connection_was_closed(
    receivers: Receivers,
) -> None:
    url = receivers.url("fickle")
    async with Sender(LOCAL, PATIENT) as sender:
        first = await asyncio.gather(*(sender.send(url, b"{}", HEADERS) for _ in range(3)))
        answers = [*first, *[await sender.send(url, b"{}", HEADERS) for _ in range(3)]]
    assert {(answer.status_code, answer.error) for answer in answers} == {(200, None)}
    assert len(receivers.messages) == 6, "none was taken twice"


async def test_a_new_connection_that_is_closed_is_a_failure(receivers: Receivers) -> None:
    async with Sender(LOCAL, PATIENT) as sender:
        await sender.send(receivers.url("ok"), b"{}", HEADERS)
        answer = await sender.send(receivers.url("drop"), b"{}", HEADERS)
    assert answer.error == "connection_lost"
    assert len(receivers.sent_to("drop")) <= 2


async def test_nobody_there(receivers: Receivers) -> None:
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    answer = await send(f"http://{HOST}:{port}/")
    assert (answer.status_code, answer.error) == (None, "connection_failed")


async def test_does_not_follow_a_redirect(receivers: Receivers) -> None:
    async with Receivers(elsewhere=receivers.url("ok")) as redirecting:
        answer = await send(redirecting.url("redirect"))
    assert (answer.status_code, receivers.messages) == (302, [])


async def test_ignores_proxies_of_the_environment(
    receivers: Receivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Receivers() as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://{HOST}:{proxy.port}")
            monkeypatch.setenv(name.upper(), f"http://{HOST}:{proxy.port}")
        monkeypatch.delenv("no_proxy", raising=False)
        answer = await send(receivers.url("ok"))
        assert (answer.status_code, proxy.connections) == (200, 0)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "0.0.0.0",  # noqa: S104
        "[::]",
        "169.254.169.254",
    ],
)
async def test_connects_to_no_private_address_however_it_is_written(
    receivers: Receivers, host: str
) -> None:
    answer = await send(receivers.url("ok", host=host), NOBODY)
    assert (answer.status_code, answer.error) == (None, "url_refused")
    assert receivers.connections == 0


@pytest.mark.parametrize("name", ["localhost", "localhost.", "LOCALHOST"])
async def test_connects_to_no_private_address_behind_a_name(
    receivers: Receivers, name: str
) -> None:
    answer = await send(receivers.url("ok", host=name), NOBODY)
    assert answer.error in {"address_refused", "name_not_found"}
    assert receivers.connections == 0


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["1.1.1.1", "127.0.0.1"],
        ["::1"],
        ["2606:4700:4700::1111", "::ffff:127.0.0.1"],
        ["169.254.169.254"],
        ["168.63.129.16"],
        ["fe80::1%lo"],
    ],
)
async def test_refuses_a_name_with_one_private_address(
    receivers: Receivers, addresses: list[str]
) -> None:
    answer = await send(receivers.url("ok", host="hook.test"), NOBODY, Told(*addresses))
    assert (answer.status_code, answer.error) == (None, "address_refused")
    assert receivers.connections == 0


async def test_last_check_is_that_of_the_socket(
    receivers: Receivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever gets past the checks before: no socket is opened for such an address."""
    monkeypatch.setattr("tasks.delivery.sender.check_url", lambda *_: None)
    answer = await send(receivers.url("ok"), NOBODY)
    assert (answer.error, receivers.connections) == ("address_refused", 0)


async def test_asks_once_and_goes_where_the_checked_answer_led(receivers: Receivers) -> None:
    """A name server that changes its answer after the check finds nobody who asks again."""
    async with name_server([HOST], ["127.0.0.2"]) as (server, port):
        url = receivers.url("ok", host="hook.test")
        rules = TargetRules(webhook_allow=f"{HOST}/32", webhook_allow_http=True)
        answer = await send(url, rules, resolver_at(port))
        assert (answer.status_code, server.asked) == (200, 1)
        [message] = receivers.messages
        assert message.headers["host"] == f"hook.test:{receivers.port}"


async def test_judges_each_answer_of_a_name_server_anew(receivers: Receivers) -> None:
    """What was public the last time, and is this machine now, is refused now."""
    async with name_server([HOST], ["127.0.0.2"], [HOST]) as (server, port):
        url = receivers.url("error", host="hook.test")  # It keeps no connection open.
        rules = TargetRules(webhook_allow=f"{HOST}/32", webhook_allow_http=True)
        async with Sender(rules, PATIENT, resolver_at(port)) as sender:
            answers = [await sender.send(url, b"{}", HEADERS) for _ in range(3)]
        assert [answer.error for answer in answers] == [None, "address_refused", None]
        assert (server.asked, receivers.connections) == (3, 2)


async def test_a_name_server_that_never_answers_holds_up_nobody(receivers: Receivers) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind((HOST, 0))
        lost = receivers.url("ok", host="hook.test")
        async with Sender(LOCAL, SECONDS, resolver_at(silent.getsockname()[1])) as sender:
            waiting = [asyncio.create_task(sender.send(lost, b"{}", HEADERS)) for _ in range(100)]
            await asyncio.sleep(0)  # Each begins.
            assert (await sender.send(receivers.url("ok"), b"{}", HEADERS)).status_code == 200
            assert not any(one.done() for one in waiting)
            assert {(await one).error for one in waiting} == {"timeout"}


@pytest.mark.parametrize("url", ["http://hook.test/", "ftp://hook.test/", "https://a:b@hook.test/"])
async def test_refuses_url_that_is_no_longer_admitted(url: str) -> None:
    assert (await send(url, TargetRules())).error == "url_refused"


async def test_tls_proves_the_name_of_the_url_not_the_address(tmp_path: Path) -> None:
    authority, server_side = make_certificate(tmp_path, "hook.test")
    trusting = ssl.create_default_context(cafile=authority)
    async with Receivers(tls=server_side) as receivers:
        right = receivers.url("ok", host="hook.test")
        wrong = receivers.url("ok", host="other.test")
        assert (await send(right, LOCAL, Told(HOST), tls=trusting)).status_code == 200
        assert (await send(wrong, LOCAL, Told(HOST), tls=trusting)).error == "tls_failed"
        assert (await send(right, LOCAL, Told(HOST))).error == "tls_failed"
        assert len(receivers.messages) == 1
        assert receivers.messages[0].headers["host"] == f"hook.test:{receivers.port}"
