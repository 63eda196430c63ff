"""Webhooks that are held until an admin releases them, and secrets that cannot be decrypted."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from benchmarks.harness.receivers import Receivers
from domain.webhooks.endpoints import Endpoint
from storage.settings import StoreSettings, WorkRules
from storage.stores import Stores, open_stores
from tasks.delivery import attempt
from tests.command_line import run_for
from tests.deliveries import SECRET, delivering, make_endpoint, read_deliveries, tell, verify
from tests.problems import assert_problem
from tests.service import Service, authorization, running_service
from tests.waiting import until

pytestmark = pytest.mark.one_service

OTHER_KEY = "another-secret-key-of-forty-characters-or-more"


@pytest.fixture
async def receivers() -> AsyncIterator[Receivers]:
    async with Receivers() as running:
        yield running


async def webhooks_part(service: Service) -> dict[str, Any]:
    """Read what /readyz says about webhooks."""
    part: dict[str, Any] = (await service.client.get("/readyz")).json()["details"]["webhooks"]
    return part


async def is_held(service: Service) -> bool:
    return "held" in (await webhooks_part(service))["detail"]


async def attempts(service: Service, endpoint: Endpoint) -> int:
    return sum(one["attempt_count"] for one in await read_deliveries(service, endpoint))


async def test_paused_start_holds_pending_and_new_webhooks_until_an_admin_releases_them(
    service: Service, receivers: Receivers
) -> None:
    endpoint = await make_endpoint(service, receivers.url("ok"))
    await tell(service, endpoint)  # Pending before the start.
    for setting in ("paused", "on", "paused"):
        async with delivering(service, webhooks=setting):  # The hold survives every restart.
            await until(lambda: is_held(service))
            await tell(service, endpoint)
            part = await webhooks_part(service)
            assert part["status"] == "degraded"
            assert "/v1/webhooks/release" in part["action"]
    assert receivers.messages == []
    assert await attempts(service, endpoint) == 0
    async with delivering(service, webhooks="paused"):
        answer = await service.client.post("/v1/webhooks/release")
        assert answer.status_code == 200
        assert answer.json()["held_since"] is not None
        await until(lambda: len(receivers.messages) == 4)
        assert (await webhooks_part(service))["status"] == "ok"
    again = await service.client.post("/v1/webhooks/release")
    assert again.json() == {"held_since": None}
    async with delivering(service, webhooks="paused"):  # So does the release.
        await tell(service, endpoint)
        await until(lambda: len(receivers.messages) == 5)


async def test_release_counts_until_a_start_without_the_setting(
    service: Service, receivers: Receivers
) -> None:
    endpoint = await make_endpoint(service, receivers.url("ok"))
    hold = service.stores.webhook_hold
    assert await hold.begin(is_wanted=True) is not None
    await hold.release()
    async with delivering(service, webhooks="on"):
        await tell(service, endpoint)
        await until(lambda: len(receivers.messages) == 1)
    assert await hold.begin(is_wanted=True) is not None


async def test_hold_stops_a_deliverer_that_runs_already(
    service: Service, receivers: Receivers
) -> None:
    endpoint = await make_endpoint(service, receivers.url("ok"))
    async with delivering(service):
        await tell(service, endpoint)
        await until(lambda: len(receivers.messages) == 1)
        async with delivering(service, webhooks="paused"):
            await until(lambda: is_held(service))
            [delivery] = await tell(service, endpoint)
            await service.client.post("/v1/webhooks/release")
            await until(lambda: len(receivers.messages) == 2)
            assert delivery.startswith(receivers.messages[-1].id)


async def test_only_admins_release_webhooks(service: Service) -> None:
    await service.stores.webhook_hold.begin(is_wanted=True)
    for role, user in (("service", None), ("client", "u1")):
        key = await service.make_key(role, user)
        answer = await service.client.post("/v1/webhooks/release", headers=authorization(key))
        assert_problem(answer, 403, "forbidden")
    assert await service.stores.webhook_hold.since() is not None
    released = await run_for(service, "webhooks", "release")
    assert (released.code, "held since" in released.text) == (0, True), released.err
    assert await service.stores.webhook_hold.since() is None


@pytest.fixture
async def stores_with_another_key(service: Service) -> AsyncIterator[Stores]:
    settings = StoreSettings(
        service.environ["MINILAB_MONGODB_URL"],
        service.environ["MINILAB_REDIS_URL"],
        mongodb_database=service.environ["MINILAB_MONGODB_DATABASE"],
        secret_key=OTHER_KEY,
    )
    async with open_stores(settings, WorkRules()) as stores:
        yield stores


async def test_lost_secret_key_is_named_by_readiness_and_log(
    service: Service,
    receivers: Receivers,
    stores_with_another_key: Stores,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A delivery without a readable secret waits a minute.
    monkeypatch.setattr(attempt, "NOT_SET_UP_PAUSE", timedelta(seconds=1))
    endpoint = await make_endpoint(service, receivers.url("ok"))
    await tell(service, endpoint)
    async with delivering(service, stores_with_another_key):

        async def is_named() -> bool:
            return "secrets cannot be decrypted" in (await webhooks_part(service))["detail"]

        await until(is_named)
        part = await webhooks_part(service)
        assert part["status"] == "degraded"
        assert "MINILAB_SECRET_KEY" in part["action"]
    assert "webhook_secrets_not_readable" in capsys.readouterr().out
    assert receivers.messages == []
    async with delivering(service):  # With its key back, all is well.
        await until(lambda: len(receivers.messages) == 1)
        assert (await webhooks_part(service))["status"] == "ok"


async def test_rotated_secret_signs_although_the_old_one_cannot_be_decrypted(
    service: Service, receivers: Receivers, stores_with_another_key: Stores
) -> None:
    endpoint = await make_endpoint(service, receivers.url("ok"))
    async with running_service(service.environ | {"MINILAB_SECRET_KEY": OTHER_KEY}) as other:
        answer = await other.client.post(f"/v1/webhooks/{endpoint.id}/secret/rotate")
        assert answer.status_code == 200, answer.text
    async with delivering(service, stores_with_another_key):
        await tell(service, endpoint)
        await until(lambda: len(receivers.messages) == 1)
        assert (await webhooks_part(service))["status"] == "ok"
    assert verify(receivers.messages[0], [answer.json()["secret"], SECRET]) == [True, False]
