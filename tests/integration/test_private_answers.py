"""Who may keep, guess or read what: caches, browsers, monitoring; and whose address links have."""

import socket
from urllib.parse import urlsplit

import httpx
import pytest

from api.pages.assets.registry import ASSETS
from tests.pictures import draw
from tests.problems import assert_problem
from tests.routes import routes_of
from tests.service import ADMIN_KEY, Service, authorization, running_service

pytestmark = pytest.mark.one_service

PUBLIC = ("/docs", "/u", "/openapi.json", "/assets")


async def test_no_private_answer_may_be_stored_and_no_type_be_guessed(service: Service) -> None:
    for path, method in routes_of(service.app):
        for key in (ADMIN_KEY, "mlk_wrong"):
            answer = await service.client.request(
                method, path.replace("{", "").replace("}", ""), headers=authorization(key)
            )
            assert answer.headers["x-content-type-options"] == "nosniff", path
            if not path.startswith(PUBLIC):
                assert answer.headers["cache-control"] == "no-store", path


async def test_pictures_and_their_304_may_not_be_stored(working_service: Service) -> None:
    job = await working_service.process([("a.jpg", draw())])
    for target in (
        f"/v1/images/{job['items'][0]['image_id']}/content",
        f"/v1/jobs/{job['id']}",
        "/v1/statistics",
    ):
        answer = await working_service.client.get(target)
        assert answer.headers["cache-control"] == "no-store"
        known = {"If-None-Match": answer.headers["etag"]}
        again = await working_service.client.get(target, headers=known)
        assert again.status_code == 304
        assert again.headers["cache-control"] == "no-store"


async def test_public_pages_may_be_stored(service: Service) -> None:
    for path in ("/u", "/docs", ASSETS.get("swagger-ui.css").url, "/openapi.json"):
        answer = await service.client.get(path)
        assert answer.status_code == 200
        assert "no-store" not in answer.headers.get("cache-control", "")


FORGED = [
    {"X-Forwarded-For": "127.0.0.1"},
    {"X-Forwarded-For": "203.0.113.9, 127.0.0.1"},
    {"X-Forwarded-For": "::1"},
    {"Forwarded": "for=127.0.0.1"},
    {"X-Real-IP": "127.0.0.1"},
    {"Via": "1.1 proxy"},
    {"X-Forwarded-Host": "127.0.0.1"},
    {"Origin": "https://app.example"},
]


def own_address() -> str:
    """Give an address of this machine that is not loopback, or skip the test."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # Nothing is sent.
        except OSError:
            pytest.skip("needs a network interface")
        return str(probe.getsockname()[0])


async def assert_closed(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    assert_problem(await client.get("/metrics", headers=headers), 401, "unauthenticated")
    ready = await client.get("/readyz", headers=headers)
    assert ready.status_code == 503
    assert ready.json() == {"status": "not_ready"}


@pytest.mark.parametrize("headers", FORGED)
async def test_requests_through_a_proxy_are_not_local(
    service: Service, headers: dict[str, str]
) -> None:
    async with httpx.AsyncClient(base_url=service.client.base_url) as stranger:
        assert (await stranger.get("/metrics")).status_code == 200
        assert (await stranger.get("/readyz")).json()["details"]
        await assert_closed(stranger, headers)
    assert (await service.client.get("/metrics", headers=headers)).status_code == 200
    assert (await service.client.get("/readyz", headers=headers)).json()["details"]


async def test_no_header_makes_another_machine_local(environ: dict[str, str]) -> None:
    host = own_address()
    async with running_service(environ, host=host) as service:
        url = service.client.base_url
        async with httpx.AsyncClient(base_url=url, trust_env=False) as stranger:
            for headers in [{}, {"Host": "127.0.0.1"}, *FORGED]:
                await assert_closed(stranger, headers)
            client = authorization(await service.make_key("client", "u1"))
            assert_problem(await stranger.get("/metrics", headers=client), 403, "forbidden")
            assert (await stranger.get("/readyz", headers=client)).json().keys() == {"status"}
            wrong = authorization("mlk_wrong")
            assert (await stranger.get("/readyz", headers=wrong)).json().keys() == {"status"}
            assert (await stranger.get("/healthz")).json() == {"status": "ok"}
        assert (await service.client.get("/metrics")).status_code == 200
        assert (await service.client.get("/readyz")).json()["details"]


async def test_details_can_be_open_to_all_or_to_keys_only(environ: dict[str, str]) -> None:
    through_proxy = {"X-Forwarded-For": "203.0.113.9"}
    for setting in ("true", "false"):
        async with (
            running_service(environ | {"MINILAB_METRICS_OPEN": setting}) as service,
            httpx.AsyncClient(base_url=service.client.base_url) as stranger,
        ):
            if setting == "false":
                await assert_closed(stranger, {})
                continue
            assert (await stranger.get("/metrics", headers=through_proxy)).status_code == 200
            assert (await stranger.get("/readyz", headers=through_proxy)).json()["details"]


HOSTS = ["evil.example", "evil.example:8000", "127.0.0.1@evil.example", "localhost.evil.example"]


async def _link(service: Service, **headers: str) -> tuple[str, str]:
    answer = await service.client.post("/v1/upload-links", json={"expires_in": 60}, headers=headers)
    made = answer.json()
    assert answer.status_code == 201 or "@" in headers["Host"], answer.text
    return made.get("upload_url", ""), made.get("page_url", "")


async def test_links_never_begin_with_the_host_of_the_request(service: Service) -> None:
    own = str(service.client.base_url).rstrip("/")
    for host in HOSTS:
        for more in ({}, {"X-Forwarded-Host": host}, {"Forwarded": f"host={host}"}):
            for url in await _link(service, Host=host, **more):
                assert "evil" not in url
    upload_url, page_url = await _link(
        service, **{"Host": "evil.example", "X-Forwarded-Proto": "https"}
    )
    assert upload_url.startswith(f"{own}/v1/uploads/mll_")
    assert page_url.startswith(f"{own}/u#mll_")


async def test_links_begin_with_the_public_url_or_with_an_allowed_host(
    environ: dict[str, str],
) -> None:
    public = {"MINILAB_PUBLIC_URL": "https://photos.example/lab/"}
    allowed = {"MINILAB_ALLOWED_HOSTS": "lan.example, Photos.Example:8443,[::1]:80"}
    async with running_service(environ | allowed) as service:
        own = str(service.client.base_url).rstrip("/")
        for host, begin in {
            "photos.example:8443": "http://photos.example:8443",
            "LAN.example": "http://lan.example",
            "[::1]:80": "http://[::1]:80",
            "photos.example": own,
            "evil.example": own,
        }.items():
            upload_url, _ = await _link(service, Host=host)
            assert upload_url.startswith(f"{begin}/v1/uploads/"), host
    async with running_service(environ | allowed | public) as service:
        upload_url, page_url = await _link(service, Host="lan.example")
        assert upload_url.startswith("https://photos.example/lab/v1/uploads/mll_")
        assert page_url.startswith("https://photos.example/lab/u#mll_")
        location = (await service.send([("a.jpg", draw())])).headers["location"]
        assert urlsplit(location).netloc == ""


async def test_links_of_a_service_on_all_addresses_have_the_address_that_was_asked(
    environ: dict[str, str],
) -> None:
    async with running_service(environ, host="0.0.0.0") as service:  # noqa: S104
        upload_url, _ = await _link(service, Host="evil.example")
        assert upload_url.startswith(str(service.client.base_url).rstrip("/"))
        assert "//127.0.0.1:" in upload_url
