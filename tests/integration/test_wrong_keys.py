"""Wrong keys are counted, logged and slowed by address, and hardly ask MongoDB; valid ones work."""

import asyncio
import json
import os
from collections.abc import AsyncIterator

import httpx
import pytest
from structlog.testing import capture_logs

from api.http.wrong_keys import WINDOW_SECONDS
from domain.keys import key_secret, link_token
from tests.problems import assert_problem
from tests.service import Service, authorization, running_service

pytestmark = pytest.mark.one_service

MOST = 20


@pytest.fixture
async def strict(environ: dict[str, str]) -> AsyncIterator[Service]:
    """The service, which slows an address after 20 wrong keys."""
    told = environ | {"MINILAB_MAX_WRONG_KEYS_PER_MINUTE": str(MOST)}
    async with running_service(told) as service:
        yield service


def _wrong() -> str:
    return key_secret(os.urandom(32))


async def _ask(service: Service, key: str, path: str = "/v1/jobs") -> httpx.Response:
    return await service.client.get(path, headers=authorization(key))


async def _slow_down(service: Service) -> None:
    answers = [await _ask(service, _wrong()) for _ in range(MOST)]
    for answer in answers:
        assert_problem(answer, 401, "unauthenticated")


async def _metric(service: Service, answer: str) -> float:
    text = (await service.client.get("/metrics")).text
    name = f'minilab_wrong_keys_total{{answer="{answer}"'
    return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))


async def _reads_of_keys(service: Service) -> int:
    """Count the reads of stored keys and links, as MongoDB records them."""
    found = service.stores.database["system.profile"].find(
        {"command.find": {"$in": ["api_keys", "upload_links"]}}
    )
    return len(await found.to_list(None))


async def test_too_many_wrong_keys_are_slowed_and_counted(strict: Service) -> None:
    await _slow_down(strict)
    for _ in range(5):
        answer = await _ask(strict, _wrong())
        assert_problem(answer, 429, "too_many_wrong_keys")
        assert 1 <= int(answer.headers["retry-after"]) <= 2 * WINDOW_SECONDS + 2
    assert await _metric(strict, "refused") == MOST
    assert await _metric(strict, "slowed") == 5


async def test_valid_keys_and_links_work_from_a_slowed_address(strict: Service) -> None:
    """Also a key that this process has never seen."""
    await _slow_down(strict)
    assert (await strict.client.get("/v1/api-keys")).is_success
    seen, link = await strict.make_key("service"), await strict.make_link()
    assert_problem(await _ask(strict, _wrong()), 429, "too_many_wrong_keys")
    answers = await asyncio.gather(*(_ask(strict, seen) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert (await _ask(strict, link["token"], "/v1/uploads")).is_success
    wrong_link = await _ask(strict, link_token(os.urandom(32)), "/v1/uploads")
    assert_problem(wrong_link, 429, "too_many_wrong_keys")


async def test_300_wrong_keys_cost_a_few_reads(strict: Service) -> None:
    await strict.client.get("/v1/jobs")
    await strict.stores.database.command("profile", 2)
    for _ in range(10):
        await asyncio.gather(*(_ask(strict, _wrong()) for _ in range(30)))
    reads = await _reads_of_keys(strict)
    await strict.stores.database.command("profile", 0)
    assert reads <= 3 * MOST + 30  # Those of the first round all come before the first refusal.


async def test_what_cannot_be_a_key_is_not_looked_up(strict: Service) -> None:
    wrong = _wrong()
    await _ask(strict, wrong)
    await strict.stores.database.command("profile", 2)
    for key in ("x", "mlk_", wrong[:-1], wrong + "a", "mll_" + wrong[4:], wrong):
        assert_problem(await _ask(strict, key), 401, "unauthenticated")
    assert (await _ask(strict, "mll_short", "/v1/uploads")).status_code == 401
    reads = await _reads_of_keys(strict)
    await strict.stores.database.command("profile", 0)
    assert reads == 0


async def test_new_key_works_at_once_however_many_wrong_ones_came_before(strict: Service) -> None:
    await _slow_down(strict)
    for _ in range(3):
        key = await strict.make_key("service")
        assert (await _ask(strict, key)).is_success


async def test_log_says_where_wrong_keys_come_from_once_a_second_and_no_key(
    strict: Service,
) -> None:
    sent = [_wrong() for _ in range(2 * MOST)]
    with capture_logs() as lines:
        for key in sent:
            await _ask(strict, key)
    said = [line for line in lines if line["event"] == "wrong_keys"]
    assert 1 <= len(said) <= 30
    assert {line["address"] for line in said} == {"127.0.0.1"}
    text = json.dumps(said)
    assert not any(key in text or key[4:20] in text for key in sent)


async def test_requests_without_a_key_are_no_wrong_keys(strict: Service) -> None:
    for header in ("", "Basic abc"):
        for _ in range(MOST + 5):
            answer = await strict.client.get("/v1/jobs", headers={"Authorization": header})
            assert_problem(answer, 401, "unauthenticated")
    assert await _metric(strict, "refused") == 0
