"""Webhooks do not turn the service against strangers, nor one owner against another."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from benchmarks.harness.receivers import Receivers
from domain.keys import Caller, Role
from domain.webhooks.endpoints import Endpoint
from storage.webhooks.endpoints import EndpointPlan
from tests.deliveries import SECRET, delivering, make_endpoint, read_deliveries, tell
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import Service, authorization
from tests.waiting import until

pytestmark = pytest.mark.one_service

MOST = 20
PICTURE = ("a.png", draw(kind="PNG"))


@pytest.fixture
async def receivers() -> AsyncIterator[Receivers]:
    async with Receivers() as running:
        yield running


async def _create(service: Service, key: str, number: int) -> httpx.Response:
    body = {"url": f"https://receiver{number}.example.com/"}
    return await service.client.post("/v1/webhooks", json=body, headers=authorization(key))


async def _key(service: Service, role: str, **more: Any) -> str:
    answer = await service.client.post("/v1/api-keys", json={"role": role, **more})
    return str(answer.json()["key"])


@pytest.mark.parametrize(
    "owner",
    [
        {"role": "client", "user_id": "u1"},
        {"role": "service"},
        {"role": "service", "tenant": "acme"},
    ],
)
async def test_at_most_20_webhooks_even_at_once(service: Service, owner: dict[str, str]) -> None:
    key = await _key(service, **owner)
    answers = await asyncio.gather(*(_create(service, key, number) for number in range(30)))
    assert Counter(answer.status_code for answer in answers) == {201: MOST, 409: 10}
    refused = await _create(service, key, 99)
    assert "20" in assert_problem(refused, 409, "too_many_webhooks")["detail"]
    made = next(answer for answer in answers if answer.is_success).json()
    path = f"/v1/webhooks/{made['id']}"
    assert (await service.client.delete(path, headers=authorization(key))).is_success
    assert (await _create(service, key, 99)).status_code == 201
    assert await service.count("webhook_endpoints") == MOST
    other = await _key(service, **owner)
    is_shared = owner != {"role": "service"}
    assert (await _create(service, other, 1)).status_code == (409 if is_shared else 201)
    admin = await service.client.post("/v1/webhooks", json={"url": "https://example.com/"})
    assert admin.status_code == 201


async def test_callbacks_of_a_key_go_to_20_new_hosts_at_most(service: Service) -> None:
    key = await _key(service, "service")

    async def send(host: str, sender: str = key) -> httpx.Response:
        url = f"https://{host}.example.com/done"
        return await service.send([PICTURE], key=sender, user_id="u1", callback_url=url)

    for number in range(MOST):
        assert (await send(f"new{number}")).status_code == 202
    assert_problem(await send("one-more"), 409, "too_many_webhooks")
    assert await service.count("jobs") == MOST
    assert (await send("new0")).status_code == 202
    assert (await send("one-more", await _key(service, "service"))).status_code == 202
    ids = await service.stores.database["webhook_targets"].distinct("_id")
    await service.stores.targets.record_answer(next(one for one in ids if "new3." in one))
    assert (await send("one-more")).status_code == 202
    assert_problem(await send("yet-another"), 409, "too_many_webhooks")


async def test_target_that_never_answered_gets_the_attempts_of_one_delivery(
    service: Service, receivers: Receivers
) -> None:
    """However many events wait for it, one upload makes a handful of requests."""
    strange = await make_endpoint(service, receivers.url("error"))
    well = await make_endpoint(service, receivers.url("ok"))
    await tell(service, strange, 30)
    async with delivering(service, webhook_retry_seconds="0.05,0.05,1000"):
        await until(lambda: len(receivers.sent_to("error")) >= 3)
        await tell(service, well, 5)
        await until(lambda: len(receivers.sent_to("ok")) >= 5)
    assert len(receivers.sent_to("error")) == 3
    assert receivers.most_at_once["/error/hook"] == 1
    pending = [one for one in await read_deliveries(service, strange) if one["status"] == "pending"]
    assert len(pending) == 30


async def test_first_success_releases_what_has_waited(
    service: Service, receivers: Receivers
) -> None:
    receivers.is_well = False
    endpoint = await make_endpoint(service, receivers.url("moody"))
    await tell(service, endpoint, 10)
    async with delivering(service, webhook_retry_seconds="1000,1000"):

        async def one_has_failed() -> bool:
            return any(one["attempts"] for one in await read_deliveries(service, endpoint))

        await until(one_has_failed)
        assert len(receivers.messages) == 1
        receivers.is_well = True
        await tell(service, endpoint)  # A test that its owner asks for is sent at once.

        async def all_but_the_failed_one_are_delivered() -> bool:
            found = await read_deliveries(service, endpoint)
            return [one["status"] for one in found].count("delivered") == 10

        await until(all_but_the_failed_one_are_delivered)


async def test_new_target_that_refuses_each_message_once_gets_all_of_them(
    service: Service, receivers: Receivers
) -> None:
    endpoint = await make_endpoint(service, receivers.url("flaky"))
    await tell(service, endpoint, 10)
    async with delivering(service, webhook_retry_seconds="0.05,1000"):

        async def the_first_is_delivered() -> bool:
            found = await read_deliveries(service, endpoint)
            return any(one["status"] == "delivered" for one in found)

        await until(the_first_is_delivered)
    first, second = receivers.sent_to("flaky")[:2]
    assert first.id == second.id


async def test_new_address_of_a_webhook_has_to_answer_first_again(
    service: Service, receivers: Receivers
) -> None:
    endpoint = await make_endpoint(service, receivers.url("ok"))
    async with delivering(service):
        await tell(service, endpoint)
        await until(lambda: receivers.messages)

        async def has_answered() -> bool:
            return not await service.stores.targets.find_new([endpoint.id])

        await until(has_answered)
    path = f"/v1/webhooks/{endpoint.id}"
    changed = await service.client.patch(path, json={"url": "https://example.com/elsewhere"})
    assert changed.status_code == 200
    assert await service.stores.targets.find_new([endpoint.id])


async def _endpoint_of(service: Service, key_id: str, url: str) -> Endpoint:
    caller = Caller(key_id, Role.SERVICE)
    await service.stores.database["api_keys"].update_one(
        {"_id": key_id},
        {"$setOnInsert": {"role": "service", "hash": key_id, "revoked_at": None}},
        upsert=True,
    )
    return await service.stores.webhooks.create(EndpointPlan(url), SECRET, caller)


async def test_owner_whose_receivers_hang_does_not_delay_another(
    service: Service, receivers: Receivers
) -> None:
    hanging = [await _endpoint_of(service, "k1", receivers.url("never", str(n))) for n in range(40)]
    # They have answered before: nobody can know that they hang.
    for one in hanging:
        await service.stores.targets.record_answer(one.id)
        await tell(service, one)
    well = await _endpoint_of(service, "k2", receivers.url("ok"))
    async with delivering(service, webhook_in_flight=8, webhook_drain_seconds=0):
        await until(lambda: len([one for one in receivers.messages if "never" in one.path]) >= 4)
        await tell(service, well, 3)
        await until(lambda: len(receivers.sent_to("ok")) >= 3)
        attempted = [
            one["attempt_count"] for of in hanging for one in await read_deliveries(service, of)
        ]
    assert attempted == [0] * 40  # The event came before any of those in flight had ended.
