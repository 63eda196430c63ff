"""Pages of other origins: what the service tells browsers that they may send and read."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from api.http.cross_origin import REQUEST_HEADERS, RESPONSE_HEADERS
from tests.event_streams import listening
from tests.pictures import draw
from tests.problems import assert_problem
from tests.routes import OPERATIONS, routes_of
from tests.service import Service, authorization, running_service

pytestmark = pytest.mark.one_service

PAGE = "https://app.example"
FROM_PAGE = {"Origin": PAGE}
ALLOWED = f"access-control-allow-origin: {PAGE}\r\n".encode()
PREFLIGHT = FROM_PAGE | {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,idempotency-key,prefer",
}
# Browsers show these to every page, and no page sets these.
SHOWN = {"cache-control", "content-language", "content-length", "content-type", "expires"}
SET_BY_BROWSERS = {"accept-encoding", "user-agent"}


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | {"MINILAB_CORS_ORIGINS": f"http://localhost:3000, {PAGE}:443"}


def assert_readable(answer: httpx.Response, origin: str = PAGE) -> None:
    is_signed = answer.request.url.path.startswith("/v1/content/")
    allowed = ["*" if is_signed else origin]
    assert answer.headers.get_list("access-control-allow-origin") == allowed
    assert ("Origin" in answer.headers.get("vary", "")) is not is_signed
    exposed = answer.headers["access-control-expose-headers"].split(", ")
    assert exposed == list(RESPONSE_HEADERS)
    assert "access-control-allow-credentials" not in answer.headers


def assert_hidden(answer: httpx.Response) -> None:
    assert [name for name in answer.headers if name.startswith("access-control")] == []


async def test_preflight_is_answered_without_a_key_and_may_be_kept(service: Service) -> None:
    for path, _ in routes_of(service.app):
        answer = await service.client.options(path, headers=PREFLIGHT | {"Authorization": ""})
        assert (answer.status_code, answer.content) == (204, b"")
        assert_readable(answer)
        allowed = answer.headers["access-control-allow-headers"].lower().split(", ")
        assert {"authorization", "idempotency-key", "prefer"} <= set(allowed)
        assert "POST" in answer.headers["access-control-allow-methods"].split(", ")
        assert int(answer.headers["access-control-max-age"]) >= 600


async def test_preflight_reads_no_database_and_is_counted_as_one(service: Service) -> None:
    service.app.state.stores.api_keys.find_caller = None
    try:
        assert (await service.client.options("/v1/jobs", headers=PREFLIGHT)).status_code == 204
    finally:
        del service.app.state.stores.api_keys.find_caller
    metrics = (await service.client.get("/metrics")).text
    assert 'route="preflight"' in metrics


async def test_pages_of_other_origins_are_refused(service: Service) -> None:
    for origin in ("https://evil.example", f"{PAGE}:8443", "http://app.example", "null"):
        for method in ("OPTIONS", "GET"):
            headers = PREFLIGHT | {"Origin": origin}
            answer = await service.client.request(method, "/v1/jobs", headers=headers)
            assert_hidden(answer)
            assert "Origin" in answer.headers["vary"]


async def test_every_route_answers_pages_also_with_errors(service: Service) -> None:
    for path, method in routes_of(service.app):
        for key in ("", "Bearer mlk_wrong"):
            headers = FROM_PAGE | {"Authorization": key}
            answer = await service.client.request(method, path, headers=headers)
            assert_readable(answer)
    for path, method in (("/nothing", "GET"), ("/v1/jobs", "PUT")):
        assert_readable(await service.client.request(method, path, headers=FROM_PAGE))
    assert "Origin" in (await service.client.get("/v1/jobs")).headers["vary"]


async def test_early_and_late_errors_can_be_read(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = service.client
    lines = [
        "POST /v1/jobs HTTP/1.1",
        "Host: x",
        f"Origin: {PAGE}",
        f"Authorization: {client.headers['authorization']}",
        "Content-Type: multipart/form-data; boundary=x",
        f"Content-Length: {10**15}",
        "\r\n",
    ]
    too_large = await _send(service, "\r\n".join(lines).encode())
    assert b" 413 " in too_large
    assert ALLOWED in too_large
    monkeypatch.setattr(service.stores.jobs, "list_page", None)
    answer = await client.get("/v1/jobs", headers=FROM_PAGE)
    assert answer.status_code == 500
    assert_readable(answer)
    many = await client.get("/v1/jobs", headers=FROM_PAGE | {"X-Many": "x" * 70_000})
    assert many.status_code == 431
    assert_readable(many)


async def test_refusals_of_admission_can_be_read(environ: dict[str, str]) -> None:
    limits = {"MINILAB_TENANT_REQUESTS_PER_SECOND": "0.001", "MINILAB_TENANT_REQUESTS_BURST": "1"}
    async with running_service(environ | limits) as service:
        key = authorization(await service.make_key("client", "u1"))
        for _ in range(5):
            answer = await service.client.post(
                "/v1/jobs", files={"file": ("a.jpg", draw())}, headers=key | FROM_PAGE
            )
            assert_readable(answer)
            if answer.status_code == 429:
                break
        assert_problem(answer, 429, "rate_limited")
        assert "retry-after" in answer.headers


async def test_pictures_304_and_event_streams_can_be_read(working_service: Service) -> None:
    client = working_service.client
    job = await working_service.process([("a.jpg", draw())])
    path = f"/v1/images/{job['items'][0]['image_id']}/content"
    whole = await client.get(path, headers=FROM_PAGE)
    assert_readable(whole)
    known = FROM_PAGE | {"If-None-Match": whole.headers["etag"]}
    again = await client.get(path, headers=known)
    assert again.status_code == 304
    assert_readable(again)
    assert_readable(await client.head(path, headers=FROM_PAGE))
    async with client.stream("GET", f"/v1/jobs/{job['id']}/events", headers=FROM_PAGE) as stream:
        assert stream.status_code == 200
        assert_readable(stream)


async def test_upload_with_the_token_of_a_link_comes_from_a_page(service: Service) -> None:
    made = await service.make_link()
    headers = authorization(made["token"]) | FROM_PAGE
    answer = await service.client.post(
        "/v1/uploads", files={"file": ("a.jpg", draw())}, headers=headers
    )
    assert answer.status_code == 202
    assert_readable(answer)
    assert "location" in answer.headers


async def test_other_reasons_to_vary_stay(working_service: Service) -> None:
    job = await working_service.process([("a.jpg", draw())])
    path = f"/v1/images/{job['items'][0]['image_id']}/histogram"
    answer = await working_service.client.get(path, headers=FROM_PAGE)
    assert {"Accept", "Origin"} <= set(answer.headers["vary"].split(", "))


async def test_any_origin_is_admitted_if_the_setting_says_so(environ: dict[str, str]) -> None:
    async with running_service(environ | {"MINILAB_CORS_ORIGINS": "*"}) as service:
        for headers in (PREFLIGHT, FROM_PAGE, {}):
            for method in ("OPTIONS", "GET"):
                answer = await service.client.request(method, "/v1/jobs", headers=headers)
                assert answer.headers["access-control-allow-origin"] == "*"
                assert "access-control-allow-credentials" not in answer.headers
                assert "vary" not in answer.headers


async def test_without_the_setting_there_is_no_header_of_it(environ: dict[str, str]) -> None:
    async with running_service(environ | {"MINILAB_CORS_ORIGINS": ""}) as service:
        for method in ("OPTIONS", "GET"):
            answer = await service.client.request(method, "/v1/jobs", headers=PREFLIGHT)
            assert_hidden(answer)
            assert "vary" not in answer.headers
        malformed = await _send(
            service, b"GET / HTTP/1.1\r\nOrigin: https://app.example\r\nHost: x\r\n:\r\n"
        )
        assert b" 400 " in malformed
        assert b"access-control" not in malformed


async def _send(service: Service, request: bytes) -> bytes:
    address = urlsplit(str(service.client.base_url))
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(request)
    async with asyncio.timeout(120):
        answer = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    return answer


async def test_refusals_of_the_server_itself_can_be_read(service: Service) -> None:
    request = b"GET / HTTP/1.1\r\nOrigin: https://app.example\r\nHost: x\r\n:\r\n"
    answer = await _send(service, request)
    assert b" 400 " in answer
    assert ALLOWED in answer
    assert b"vary: Origin\r\n" in answer
    assert b"access-control-allow-origin" not in await _send(service, b"nonsense\r\n\r\n")


def _headers_of(operation: dict[str, Any]) -> tuple[set[str], set[str]]:
    """Give the headers that an operation reads, and those that its answers have."""
    read = {one["name"] for one in operation.get("parameters", []) if one["in"] == "header"}
    sent = {
        name for answer in operation["responses"].values() for name in answer.get("headers", {})
    }
    return read, sent


def test_pages_may_use_every_header_of_the_contract() -> None:
    may_send = {name.lower() for name in REQUEST_HEADERS} | SET_BY_BROWSERS
    may_read = {name.lower() for name in RESPONSE_HEADERS} | SHOWN
    for _, _, operation in OPERATIONS:
        read, sent = _headers_of(operation)
        assert {name.lower() for name in read} <= may_send, operation["operationId"]
        assert {name.lower() for name in sent} <= may_read, operation["operationId"]


async def test_events_of_a_link_can_be_read(working_service: Service) -> None:
    made = await working_service.make_link()
    sent = await working_service.send([("a.jpg", draw())], route="/v1/uploads", key=made["token"])
    path = f"/v1/uploads/jobs/{sent.json()['id']}"
    async with listening(working_service.client, path, key=made["token"]) as reader:
        await reader.end()
        assert "Origin" in reader.headers["vary"]
