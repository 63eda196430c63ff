"""Event streams by URLs that need no key, as an ``EventSource`` reads them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from domain.signed_urls import Grant, Issuer, Purpose, read_token, write_token
from storage.clock import utc_now
from tests.event_streams import reading
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import ADMIN_KEY, Service, authorization, running_service

pytestmark = pytest.mark.one_service

PICTURE = ("a.jpg", draw(120, 60))


@pytest.fixture
async def browser(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a key."""
    async with httpx.AsyncClient(trust_env=False, timeout=120) as client:
        yield client


async def open_job(service: Service, key: str = ADMIN_KEY, route: str = "/v1/jobs") -> str:
    """Have a job that nobody works on, and give its path."""
    answer = await service.send([PICTURE], key=key, route=route)
    assert answer.status_code == 202, answer.text
    return str(answer.headers["location"])


async def make_url(service: Service, path: str, key: str = ADMIN_KEY) -> dict[str, Any]:
    answer = await service.client.get(f"{path}/events-url", headers=authorization(key))
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def make_key(service: Service) -> tuple[str, str]:
    """Make the key of a client; give its ID and the key."""
    made = await service.client.post("/v1/api-keys", json={"role": "client", "user_id": "u1"})
    return made.json()["id"], made.json()["key"]


async def expired(service: Service, path: str, key_id: str, ago: timedelta) -> str:
    """Give the URL of the stream of a job that expired some time ago."""
    job_id = path.rsplit("/", 1)[1]
    over = Grant(Purpose.EVENTS, job_id, utc_now() - ago, Issuer.KEY, key_id)
    token = write_token(over, await service.stores.signing_keys.newest())
    return str(service.client.base_url.join(f"/v1/events/{token}"))


async def test_url_streams_its_job_to_the_end_without_a_key(
    service: Service, browser: httpx.AsyncClient
) -> None:
    path = await open_job(service)
    made = await make_url(service, path)
    left = datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)
    assert timedelta(seconds=30) < left < timedelta(seconds=92)
    async with reading(browser, made["url"], {}) as reader, service.working():
        await reader.end()
    assert reader.headers["content-type"].startswith("text/event-stream")
    assert reader.headers["cache-control"] == "no-store"
    assert reader.headers["referrer-policy"] == "no-referrer"
    last = reader.events[-1]
    assert (last.name, last.data["status"]) == ("job.finished", "succeeded")
    again = await browser.get(made["url"], headers={"Last-Event-ID": last.id})
    assert again.status_code == 204


async def test_reader_of_a_stream_connects_again_after_its_url_has_expired(
    service: Service, browser: httpx.AsyncClient
) -> None:
    key_id, key = await make_key(service)
    path = await open_job(service, key)
    url = await expired(service, path, key_id, timedelta(seconds=-60))
    async with reading(browser, url, {}) as reader:
        await reader.until(lambda: bool(reader.events))
    event_id = reader.events[0].id
    # The mark belongs to the token, so a URL with another expiry has another one.
    late = await expired(service, path, key_id, timedelta(hours=23))
    for last_id in ("", "0", event_id, f"{event_id}x"):
        answer = await browser.get(late, headers={"Last-Event-ID": last_id} if last_id else {})
        assert_problem(answer, 404, "not_found")
    mark = await _mark(service, late)
    async with reading(browser, late, {"Last-Event-ID": f"0.{mark}"}) as reader:
        await reader.until(lambda: bool(reader.events))
        assert reader.events[0].id == f"1.{mark}"
    async with reading(browser, late, {"Last-Event-ID": f"1.{mark}"}) as reader:
        assert reader.events == [], "nothing twice"
    too_late = await expired(service, path, key_id, timedelta(hours=25))
    headers = {"Last-Event-ID": f"1.{await _mark(service, too_late)}"}
    assert_problem(await browser.get(too_late, headers=headers), 404, "not_found")


async def _mark(service: Service, url: str) -> str:
    """Give what the IDs of the events of a stream end with."""
    token = read_token(url.rsplit("/", 1)[1])
    assert token is not None
    return token.resume_mark(await service.stores.signing_keys.newest())


async def test_ids_of_events_hold_a_mark_only_where_a_url_has_no_key(
    service: Service, browser: httpx.AsyncClient
) -> None:
    path = await open_job(service)
    async with reading(browser, (await make_url(service, path))["url"], {}) as reader:
        await reader.until(lambda: bool(reader.events))
    version, _, mark = reader.events[0].id.partition(".")
    assert (version, len(mark)) == ("1", 22)
    headers = authorization(ADMIN_KEY)
    async with reading(service.client, f"{path}/events", headers) as reader:
        await reader.until(lambda: bool(reader.events))
        assert reader.events[0].id == "1"


async def test_stream_ends_when_its_key_is_revoked(
    service: Service, browser: httpx.AsyncClient
) -> None:
    key_id, key = await make_key(service)
    path = await open_job(service, key)
    url = (await make_url(service, path, key))["url"]
    async with reading(browser, url, {}) as reader:
        await reader.until(lambda: bool(reader.events))
        await service.client.delete(f"/v1/api-keys/{key_id}")
        await reader.end()
    again = await browser.get(url, headers={"Last-Event-ID": reader.events[0].id})
    assert_problem(again, 404, "not_found")


async def test_holder_of_a_link_follows_an_upload_until_the_link_is_revoked(
    service: Service, browser: httpx.AsyncClient
) -> None:
    link = await service.make_link()
    path = await open_job(service, link["token"], "/v1/uploads")
    url = (await make_url(service, path, link["token"]))["url"]
    await service.expire_link(link["id"])
    async with reading(browser, url, {}) as reader:
        await reader.until(lambda: bool(reader.events))
        assert reader.events[0].data["status"] == "queued"
        await service.client.delete(f"/v1/upload-links/{link['id']}")
        await reader.end()
    assert_problem(await browser.get(url), 404, "not_found")


async def test_url_of_a_stream_is_not_made_for_strangers(service: Service) -> None:
    path = await open_job(service, await service.make_key("client", "u1"))
    stranger = authorization(await service.make_key("client", "u2"))
    answer = await service.client.get(f"{path}/events-url", headers=stranger)
    assert_problem(answer, 404, "not_found")
    link = authorization((await service.make_link())["token"])
    uploads = f"/v1/uploads/jobs/{path.rsplit('/', 1)[1]}/events-url"
    assert_problem(await service.client.get(uploads, headers=link), 404, "not_found")


async def test_streams_by_url_count_for_the_tenant_of_the_key(environ: dict[str, str]) -> None:
    limit = {"MINILAB_TENANT_MAX_LISTENERS": "1"}
    async with (
        running_service(environ | limit) as service,
        httpx.AsyncClient(trust_env=False, timeout=120) as browser,
    ):
        key = await service.make_key("client", "u1")
        path = await open_job(service, key)
        url = (await make_url(service, path, key))["url"]
        async with reading(browser, url, {}):
            assert_problem(await browser.get(url), 429, "too_many_listeners")
            other = await open_job(service)
            async with reading(browser, (await make_url(service, other))["url"], {}) as reader:
                await reader.until(lambda: bool(reader.events))
