"""Deliveries: requests to receivers, retries, and recorded attempts."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import pytest

from benchmarks.harness.receivers import RETRY_AFTER_SECONDS, Receivers
from benchmarks.harness.streams import HOST
from domain.keys import scope_of
from domain.webhooks.endpoints import WebhookStatus
from storage.clock import utc_now
from storage.mongo.client import DURABLE
from storage.stores import open_stores
from tasks.delivery.settings import read_settings
from tests.deliveries import (
    ADMIN,
    SECRET,
    delivering,
    make_endpoint,
    new_secret,
    read_deliveries,
    read_endpoint,
    tell,
    verify,
)
from tests.service import Service
from tests.waiting import until

pytestmark = pytest.mark.one_service

A_DAY = timedelta(days=1)


@pytest.fixture
async def receivers() -> AsyncIterator[Receivers]:
    async with Receivers() as running:
        yield running


async def have_status(service: Service, endpoint: Any, status: str) -> bool:
    found = await read_deliveries(service, endpoint)
    return bool(found) and all(one["status"] == status for one in found)


async def test_delivers_and_takes_the_attempt_down(service: Service, receivers: Receivers) -> None:
    endpoint = await make_endpoint(service, receivers.url("ok"))
    async with delivering(service):
        [delivery_id] = await tell(service, endpoint)
        await until(lambda: have_status(service, endpoint, "delivered"))
    [message] = receivers.messages
    assert f"{message.id}:{endpoint.id}" == delivery_id
    assert verify(message, [SECRET]) == [True]
    [delivery] = await read_deliveries(service, endpoint)
    [attempt] = delivery["attempts"]
    assert (attempt["number"], attempt["status_code"], attempt["answer"]) == (1, 200, "taken")
    assert attempt["error"] is None
    assert attempt["seconds"] > 0
    assert delivery["attempt_count"] == 1
    assert delivery["finished_at"] >= attempt["at"]
    assert not {"due_at", "lease"} & set(delivery)


async def test_signatures_are_accepted_before_during_and_after_a_rotation(
    service: Service, receivers: Receivers
) -> None:
    endpoint = await make_endpoint(service, receivers.url("ok"))
    other = new_secret()
    async with delivering(service):

        async def accepted_by() -> list[bool]:
            count = len(receivers.messages)
            await tell(service, endpoint)
            await until(lambda: len(receivers.messages) > count)
            return verify(receivers.messages[-1], [SECRET, other])

        assert await accepted_by() == [True, False]
        await service.stores.webhooks.rotate(endpoint.id, scope_of(ADMIN), other, A_DAY)
        assert await accepted_by() == [True, True]
        assert len(receivers.messages[-1].headers["webhook-signature"].split(" ")) == 2
        await service.stores.database["webhook_endpoints"].update_one(
            {"_id": endpoint.id}, {"$set": {"secrets.1.expires_at": utc_now()}}
        )
        assert await accepted_by() == [False, True]


async def test_tries_again_with_the_same_id_and_body(
    service: Service, receivers: Receivers
) -> None:
    endpoint = await make_endpoint(service, receivers.url("flaky"))
    async with delivering(service):
        await tell(service, endpoint)
        await until(lambda: have_status(service, endpoint, "delivered"))
    first, second = receivers.messages
    assert (first.id, first.body) == (second.id, second.body)
    assert verify(second, [SECRET]) == [True]
    [delivery] = await read_deliveries(service, endpoint)
    assert [one["status_code"] for one in delivery["attempts"]] == [500, 200]
    assert (await read_endpoint(service, endpoint))["failing_since"] is None


@pytest.mark.parametrize(
    ("kind", "status_code", "error"),
    [
        ("error", 500, None),
        ("redirect", 302, None),
        ("drop", None, "connection_lost"),
        ("never", None, "timeout"),
        ("slow", None, "timeout"),
    ],
)
async def test_has_failed_when_the_schedule_is_at_its_end(
    service: Service, receivers: Receivers, kind: str, status_code: int | None, error: str | None
) -> None:
    endpoint = await make_endpoint(service, receivers.url(kind))
    async with delivering(service, webhook_timeout_seconds=0.3 if error == "timeout" else 15):
        await tell(service, endpoint)
        await until(lambda: have_status(service, endpoint, "failed"))
    [delivery] = await read_deliveries(service, endpoint)
    outcomes = [(one["status_code"], one["error"]) for one in delivery["attempts"]]
    assert outcomes == [(status_code, error)] * 4
    assert [one["number"] for one in delivery["attempts"]] == [1, 2, 3, 4]
    assert "due_at" not in delivery
    assert (await read_endpoint(service, endpoint))["failing_since"] is not None


async def test_who_asks_for_less_is_left_alone_as_long_as_he_asks(
    service: Service, receivers: Receivers
) -> None:
    endpoint = await make_endpoint(service, receivers.url("busy"))
    await tell(service, endpoint, 3)
    async with delivering(service, webhook_in_flight_each=1):
        await until(lambda: len(receivers.messages) == 4)
    gaps = [after.at - before.at for before, after in pairwise(receivers.messages)]
    assert min(gaps) > RETRY_AFTER_SECONDS * 0.9


async def test_who_asks_for_less_is_left_alone_by_attempts_side_by_side(
    service: Service, receivers: Receivers
) -> None:
    endpoint = await make_endpoint(service, receivers.url("busy"))
    await tell(service, endpoint, 30)
    async with delivering(service, webhook_in_flight_each=4):
        await until(lambda: len(receivers.messages) > 4)
    first = receivers.messages[0].at
    at_once = [one for one in receivers.messages if one.at < first + RETRY_AFTER_SECONDS * 0.9]
    assert len(at_once) <= 4


async def test_410_disables_at_once(service: Service, receivers: Receivers) -> None:
    endpoint = await make_endpoint(service, receivers.url("gone"))
    other = await make_endpoint(service, receivers.url("ok"))
    await tell(service, endpoint, 5)
    async with delivering(service, webhook_in_flight_each=1):
        await until(lambda: len(receivers.sent_to("ok")) == 1)
        await until(lambda: have_status(service, endpoint, "failed"))
    assert len(receivers.sent_to("gone")) == 1
    document = await read_endpoint(service, endpoint)
    assert (document["status"], document["disabled_reason"]) == ("disabled", "gone")
    assert b'"webhook.disabled"' in receivers.sent_to("ok")[0].body
    assert (await read_endpoint(service, other))["status"] == "enabled"


async def test_five_days_of_failure_disable_and_notify(
    service: Service, receivers: Receivers
) -> None:
    failing = await make_endpoint(service, receivers.url("error"))
    late = await make_endpoint(service, receivers.url("error", "late"))
    await make_endpoint(service, receivers.url("ok"))
    endpoints = service.stores.database["webhook_endpoints"]
    for endpoint, days in ((failing, 5), (late, 4)):
        since = {"failing_since": utc_now() - days * A_DAY}
        await endpoints.update_one({"_id": endpoint.id}, {"$set": since})
        await tell(service, endpoint)
    async with delivering(service):
        await until(lambda: have_status(service, failing, "failed"))
        await until(lambda: have_status(service, late, "failed"))
        await until(lambda: len(receivers.sent_to("ok")) == 1)
    assert failing.id.encode() in receivers.sent_to("ok")[0].body
    document = await read_endpoint(service, failing)
    assert (document["status"], document["disabled_reason"]) == ("disabled", "failing")
    assert (await read_endpoint(service, late))["status"] == "enabled"
    assert len(receivers.sent_to("error")) == 1


async def test_one_arrival_ends_a_failure(service: Service, receivers: Receivers) -> None:
    endpoint = await make_endpoint(service, receivers.url("ok"))
    since = {"failing_since": utc_now() - 10 * A_DAY}
    endpoints = service.stores.database["webhook_endpoints"]
    await endpoints.update_one({"_id": endpoint.id}, {"$set": since})
    await tell(service, endpoint, 20)
    async with delivering(service):
        await until(lambda: have_status(service, endpoint, "delivered"))
    assert (await read_endpoint(service, endpoint))["failing_since"] is None


async def test_paused_endpoint_gets_what_waits_when_it_goes_on(
    service: Service, receivers: Receivers
) -> None:
    endpoint = await make_endpoint(service, receivers.url("ok", "paused"))
    other = await make_endpoint(service, receivers.url("ok", "other"))
    webhooks = service.stores.webhooks
    await webhooks.change(endpoint.id, scope_of(ADMIN), {"status": WebhookStatus.PAUSED})
    await tell(service, endpoint, 2)
    async with delivering(service):
        await tell(service, other)
        await until(lambda: have_status(service, other, "delivered"))
        assert receivers.sent_to("ok", "paused") == []
        assert await have_status(service, endpoint, "pending")
        await webhooks.change(endpoint.id, scope_of(ADMIN), {"status": WebhookStatus.ENABLED})
        await until(lambda: have_status(service, endpoint, "delivered"))


async def test_deleted_endpoint_gets_nothing_more(service: Service, receivers: Receivers) -> None:
    endpoint = await make_endpoint(service, receivers.url("ok"))
    await tell(service, endpoint)
    endpoints = service.stores.database["webhook_endpoints"].with_options(write_concern=DURABLE)
    await endpoints.delete_one({"_id": endpoint.id})
    async with delivering(service):
        await until(lambda: have_status(service, endpoint, "canceled"))
    assert receivers.messages == []


async def test_private_address_is_an_attempt_that_failed(
    service: Service, receivers: Receivers
) -> None:
    endpoint = await make_endpoint(service, receivers.url("ok", host="localhost"))
    async with delivering(service, webhook_allow="192.0.2.0/24"):
        await tell(service, endpoint)
        await until(lambda: have_status(service, endpoint, "failed"))
    [delivery] = await read_deliveries(service, endpoint)
    assert {one["error"] for one in delivery["attempts"]} == {"address_refused"}
    assert receivers.connections == 0


async def test_waits_while_a_secret_cannot_be_read(service: Service, receivers: Receivers) -> None:
    endpoint = await make_endpoint(service, receivers.url("ok"))
    await tell(service, endpoint)
    environ = service.environ | {"MINILAB_SECRET_KEY": "another-key-of-forty-characters-or-more"}
    settings = read_settings(environ)
    async with open_stores(settings.stores, settings.rules) as stores, delivering(service, stores):

        async def is_postponed() -> bool:
            [delivery] = await read_deliveries(service, endpoint)
            return bool(delivery["due_at"] > utc_now() + timedelta(seconds=30))

        await until(is_postponed)
    [delivery] = await read_deliveries(service, endpoint)
    assert (delivery["status"], delivery["attempts"]) == ("pending", [])


async def test_receivers_that_hang_hold_up_no_other(service: Service, receivers: Receivers) -> None:
    """By order: all that the others are sent has arrived before one of those gave up."""
    hanging = [await make_endpoint(service, receivers.url("never", str(n))) for n in range(3)]
    well = [await make_endpoint(service, receivers.url("ok", str(n))) for n in range(3)]
    for endpoint in hanging:
        await service.stores.targets.record_answer(endpoint.id)
        await tell(service, endpoint, 10)
    async with delivering(
        service,
        webhook_in_flight=8,
        webhook_in_flight_each=2,
        webhook_timeout_seconds=60,
        webhook_drain_seconds=0,
    ):
        await until(lambda: len(receivers.messages) == 6)
        for endpoint in well:
            await tell(service, endpoint, 10)
        for endpoint in well:
            await until(partial(have_status, service, endpoint, "delivered"))
        assert len([one for one in receivers.messages if one.path.startswith("/never")]) == 6
        for endpoint in hanging:
            found = await read_deliveries(service, endpoint)
            assert all(one["attempts"] == [] for one in found)


async def test_receivers_that_fail_take_half_of_the_slots_at_most(
    service: Service, receivers: Receivers
) -> None:
    hanging = [await make_endpoint(service, receivers.url("never", str(n))) for n in range(6)]
    well = await make_endpoint(service, receivers.url("ok"))
    await service.stores.database["webhook_endpoints"].update_many(
        {"_id": {"$ne": well.id}}, {"$set": {"failing_since": utc_now()}}
    )
    for endpoint in hanging:
        await tell(service, endpoint, 2)
    async with delivering(
        service, webhook_in_flight=4, webhook_timeout_seconds=60, webhook_drain_seconds=0
    ):
        await until(lambda: len(receivers.messages) == 2)
        await tell(service, well, 20)
        await until(lambda: have_status(service, well, "delivered"))
        assert len([one for one in receivers.messages if one.path.startswith("/never")]) == 2


async def test_fewer_attempts_at_a_time_while_a_receiver_fails(
    service: Service, receivers: Receivers
) -> None:
    endpoint = await make_endpoint(service, receivers.url("moody"))
    path = "/moody/hook"
    receivers.is_well = False
    await service.stores.targets.record_answer(endpoint.id)
    await tell(service, endpoint, 30)
    async with delivering(service, webhook_in_flight_each=8, webhook_retry_seconds="2" + 7 * ",2"):
        await until(lambda: len(receivers.messages) >= 16)
        assert receivers.most_at_once.pop(path) > 1
        await until(lambda: len(receivers.messages) >= 26)
        assert receivers.most_at_once.pop(path) == 1
        receivers.is_well = True
        await tell(service, endpoint, 30)
        await until(lambda: have_status(service, endpoint, "delivered"))
        assert receivers.most_at_once[path] > 1


async def test_more_attempts_at_a_time_only_while_a_receiver_answers_fast(
    service: Service, receivers: Receivers
) -> None:
    fast = await make_endpoint(service, receivers.url("moody"))
    late = await make_endpoint(service, receivers.url("late"))
    for endpoint, times in ((fast, 150), (late, 40)):
        await service.stores.targets.record_answer(endpoint.id)
        await tell(service, endpoint, times)
    async with delivering(service):
        for endpoint in (fast, late):
            await until(partial(have_status, service, endpoint, "delivered"))
    assert 8 < receivers.most_at_once["/moody/hook"] <= 32
    assert 1 < receivers.most_at_once["/late/hook"] <= 8


async def test_long_queue_of_one_does_not_come_before_another(
    service: Service, receivers: Receivers
) -> None:
    """By order: what one other is sent comes among the first, not behind the queue."""
    busy = await make_endpoint(service, receivers.url("ok", "long"))
    other = await make_endpoint(service, receivers.url("ok", "short"))
    await tell(service, busy, 100)
    await tell(service, other)
    async with delivering(service, webhook_in_flight=4, webhook_in_flight_each=2):
        await until(lambda: have_status(service, busy, "delivered"))
    places = [number for number, one in enumerate(receivers.messages) if "short" in one.path]
    assert len(places) == 1
    assert places[0] < 20


async def test_two_deliverers_send_each_once(service: Service, receivers: Receivers) -> None:
    endpoint = await make_endpoint(service, receivers.url("ok"))
    made = await tell(service, endpoint, 100)
    async with delivering(service), delivering(service):
        await until(lambda: have_status(service, endpoint, "delivered"))
    assert sorted(f"{one.id}:{endpoint.id}" for one in receivers.messages) == sorted(made)


async def test_stopping_gives_back_what_does_not_end(
    service: Service, receivers: Receivers
) -> None:
    endpoint = await make_endpoint(service, receivers.url("never"))
    await tell(service, endpoint)
    async with delivering(service, webhook_timeout_seconds=60, webhook_drain_seconds=0):
        await until(lambda: len(receivers.messages) == 1)
    [delivery] = await read_deliveries(service, endpoint)
    assert (delivery["status"], delivery["attempts"]) == ("pending", [])
    assert "lease" not in delivery
    assert delivery["due_at"] <= utc_now()


async def test_stopping_lets_attempts_end_in_their_time(
    service: Service, receivers: Receivers
) -> None:
    endpoint = await make_endpoint(service, receivers.url("drip"))
    await tell(service, endpoint)
    async with delivering(service, webhook_drain_seconds=60):
        await until(lambda: len(receivers.messages) == 1)
    assert await have_status(service, endpoint, "delivered")


async def test_metrics_say_what_came_of_attempts(service: Service, receivers: Receivers) -> None:
    async with delivering(service):
        for kind in ("ok", "error", "drop"):
            await tell(service, await make_endpoint(service, receivers.url(kind)))

        async def all_are_counted() -> bool:
            page = (await service.client.get("/metrics")).text
            outcomes = ("delivered", "failed", "connection_lost")
            return "minilab_webhook_backlog_age_seconds" in page and all(
                f'minilab_webhook_attempts_total{{outcome="{outcome}"' in page
                for outcome in outcomes
            )

        await until(all_are_counted)
        assert HOST not in (await service.client.get("/metrics")).text
        details = (await service.client.get("/readyz")).json()["details"]
        assert details["webhooks"]["status"] == "ok"


async def test_readiness_says_that_nothing_delivers(service: Service) -> None:
    details = (await service.client.get("/readyz")).json()["details"]
    assert details["webhooks"]["status"] == "degraded"
