"""Signing in to the pages: sessions that end with their key, and changes from own pages only."""

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from storage.mongo.client import DURABLE
from tests.problems import assert_problem
from tests.service import ADMIN_KEY, NO_TLS, Service, running_service
from tests.waiting import until

pytestmark = pytest.mark.one_service

OWN_PAGE = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
HTML = {"Accept": "text/html"}


def browser(service: Service) -> httpx.AsyncClient:
    """Make a client that keeps cookies, as a browser does, and sends no key."""
    return httpx.AsyncClient(base_url=service.client.base_url, headers=HTML, verify=NO_TLS)


async def sign_in(client: httpx.AsyncClient, key: str, next_page: str = "") -> httpx.Response:
    asked = {"next": next_page} if next_page else {}
    return await client.post("/sign-in", params=asked, data={"key": key}, headers=OWN_PAGE)


async def test_session_opens_the_pages_of_its_key(service: Service) -> None:
    async with browser(service) as client:
        refused = await client.get("/admin")
        assert refused.status_code == 303
        assert refused.headers["location"] == "/sign-in?next=/admin"
        answer = await sign_in(client, ADMIN_KEY)
        assert (answer.status_code, answer.headers["location"]) == (303, "/admin")
        shown = await client.get("/admin")
        assert shown.status_code == 200
        assert shown.headers["cache-control"] == "no-store"
        assert shown.headers["referrer-policy"] == "no-referrer"
        assert "'unsafe" not in shown.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in shown.headers["content-security-policy"]


async def test_cookie_is_strict_and_goes_to_pages_only(service: Service) -> None:
    async with browser(service) as client:
        answer = await sign_in(client, ADMIN_KEY)
    cookies = answer.headers.get_list("set-cookie")
    assert {re.search("Path=([^;]+)", cookie)[1] for cookie in cookies} == {"/admin", "/gallery"}  # type: ignore[index]
    for cookie in cookies:
        assert ADMIN_KEY not in cookie
        assert {"HttpOnly", "SameSite=strict", "Max-Age=43200"} <= set(cookie.split("; "))
        assert "Secure" not in cookie


async def test_cookie_is_secure_where_the_service_is_reached_by_https(
    environ: dict[str, str],
) -> None:
    own = environ | {"MINILAB_PUBLIC_URL": "https://photos.example"}
    async with running_service(own) as service, browser(service) as client:
        answer = await sign_in(client, ADMIN_KEY)
    assert all("Secure" in one.split("; ") for one in answer.headers.get_list("set-cookie"))


async def test_client_key_opens_no_admin_page(service: Service) -> None:
    key = await service.make_key("client", "u1")
    async with browser(service) as client:
        answer = await sign_in(client, key, "/admin/keys")
        assert answer.headers["location"] == "/gallery"
        token = client.cookies.get("minilab_session", path="/gallery")
        # A client that sends the cookie where a browser would not.
        shown = await client.get("/admin", headers={"Cookie": f"minilab_session={token}"})
    assert shown.status_code == 403
    assert "requires an admin key" in shown.text


async def test_session_ends_at_once_with_its_key(service: Service) -> None:
    made = (await service.client.post("/v1/api-keys", json={"role": "admin"})).json()
    async with browser(service) as client:
        await sign_in(client, made["key"])
        assert (await client.get("/admin")).status_code == 200
        await service.client.delete(f"/v1/api-keys/{made['id']}")
        assert (await client.get("/admin")).status_code == 303


async def test_session_ends_when_its_key_expires(service: Service) -> None:
    body = {"role": "admin", "expires_in": 1}
    key = (await service.client.post("/v1/api-keys", json=body)).json()["key"]
    async with browser(service) as client:
        await sign_in(client, key)

        async def has_ended() -> bool:
            return (await client.get("/admin/health")).status_code == 303

        await until(has_ended)


async def test_session_of_the_first_key_ends_when_that_is_replaced(
    environ: dict[str, str],
) -> None:
    async with running_service(environ) as service, browser(service) as client:
        await sign_in(client, ADMIN_KEY)
        token = client.cookies.get("minilab_session", path="/admin")
    replaced = environ | {"MINILAB_ADMIN_KEY": ADMIN_KEY[::-1]}
    async with running_service(replaced) as service, browser(service) as client:
        shown = await client.get("/admin", headers={"Cookie": f"minilab_session={token}"})
    assert shown.status_code == 303


async def test_session_expires(service: Service) -> None:
    async with browser(service) as client:
        await sign_in(client, ADMIN_KEY)
        sessions = service.stores.database["sessions"].with_options(write_concern=DURABLE)
        past = datetime.now(UTC) - timedelta(seconds=1)
        await sessions.update_many({}, {"$set": {"expires_at": past}})
        assert (await client.get("/admin")).status_code == 303


async def test_signing_out_ends_the_session_on_the_server(service: Service) -> None:
    async with browser(service) as client:
        await sign_in(client, ADMIN_KEY)
        token = client.cookies.get("minilab_session", path="/admin")
        answer = await client.post("/admin/sign-out", headers=OWN_PAGE)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert len(client.cookies) == 0
        shown = await client.get("/admin", headers={"Cookie": f"minilab_session={token}"})
    assert shown.status_code == 303
    assert await service.count("sessions") == 0


@pytest.mark.parametrize(
    "sent",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "HX-Request": "true"},
        {"Origin": "https://elsewhere.example"},
        {},
    ],
)
async def test_changes_from_elsewhere_are_refused(service: Service, sent: dict[str, str]) -> None:
    async with browser(service) as client:
        assert (await client.post("/sign-in", data={"key": ADMIN_KEY}, headers=sent)).is_error
        await sign_in(client, ADMIN_KEY)
        assert (await client.post("/admin/sign-out", headers=sent)).status_code == 403
        assert (await client.get("/admin")).status_code == 200


async def test_change_by_htmx_is_accepted_where_browsers_send_no_site(service: Service) -> None:
    async with browser(service) as client:
        sent = {"HX-Request": "true"}
        answer = await client.post("/sign-in", data={"key": ADMIN_KEY}, headers=sent)
        assert answer.headers["hx-redirect"] == "/admin"
        assert (await client.get("/admin")).status_code == 200


async def test_wrong_key_is_refused_in_words_and_not_repeated(service: Service) -> None:
    wrong = "mlk_" + "wrong" * 8 + "123"
    async with browser(service) as client:
        answer = await sign_in(client, wrong)
        assert answer.status_code == 401
        assert "The key is unknown, has expired or was revoked." in answer.text
        assert wrong not in answer.text
        assert len(client.cookies) == 0


async def test_keys_are_in_no_log(
    environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = "mlk_" + "wrong" * 8 + "123"
    own = environ | {"MINILAB_ACCESS_LOG": "true"}
    async with running_service(own) as service, browser(service) as client:
        await sign_in(client, wrong)
        await sign_in(client, ADMIN_KEY)
        token = client.cookies.get("minilab_session", path="/admin")
        await client.get("/admin/health")
    written = "".join(capsys.readouterr())
    assert "/admin/health" in written
    for secret in (wrong, ADMIN_KEY, str(token)):
        assert secret not in written


async def test_wrong_keys_are_slowed_as_on_the_api(environ: dict[str, str]) -> None:
    own = environ | {"MINILAB_MAX_WRONG_KEYS_PER_MINUTE": "3"}
    async with running_service(own) as service, browser(service) as client:
        statuses = [(await sign_in(client, f"mlk_{'x' * 43}")).status_code for _ in range(5)]
        assert statuses == [401, 401, 401, 429, 429]
        assert (await sign_in(client, ADMIN_KEY)).status_code == 303


@pytest.mark.parametrize(
    "asked", ["https://elsewhere.example/", "//elsewhere.example", "/admin/sign-out", "/v1/jobs"]
)
async def test_only_own_pages_are_opened_after_signing_in(service: Service, asked: str) -> None:
    async with browser(service) as client:
        assert (await sign_in(client, ADMIN_KEY, asked)).headers["location"] == "/admin"


async def test_wrong_key_leads_to_the_page_that_was_asked_for_all_the_same(
    service: Service,
) -> None:
    asked = "/gallery?camera=COOLPIX+P6000"
    async with browser(service) as client:
        refused = await sign_in(client, "mlk_" + "x" * 43, asked)
        action = re.search(r'action="(/sign-in[^"]*)"', refused.text)
        assert action is not None
        answer = await client.post(action[1], data={"key": ADMIN_KEY}, headers=OWN_PAGE)
    assert answer.headers["location"] == asked


async def test_part_of_a_page_whose_session_has_ended_leads_back_to_the_page(
    service: Service,
) -> None:
    shown = str(service.client.base_url.join("/admin/links?cursor=a"))
    sent = {"HX-Request": "true", "HX-Current-URL": shown}
    async with browser(service) as client:
        for answer in (
            await client.get("/admin/queue", headers=sent),
            await client.post("/admin/links", headers=sent),
        ):
            assert answer.headers["hx-redirect"] == "/sign-in?next=/admin/links%3Fcursor%3Da"
        other = sent | {"HX-Current-URL": "https://elsewhere.example"}
        answer = await client.get("/admin/queue", headers=other)
        assert answer.headers["hx-redirect"] == "/sign-in"


async def test_session_is_no_key_of_the_api(service: Service) -> None:
    async with browser(service) as client:
        await sign_in(client, ADMIN_KEY)
        token = client.cookies.get("minilab_session", path="/admin")
        answer = await client.get("/v1/jobs", headers={"Cookie": f"minilab_session={token}"})
    assert answer.status_code == 401


async def test_home_is_a_page_without_contents_unless_a_client_takes_only_json(
    service: Service,
) -> None:
    async with browser(service) as client:
        for accept in ({}, {"Accept": "*/*"}):  # A browser, curl.
            page = await client.get("/", headers=accept)
            assert page.status_code == 200
            assert page.headers["content-type"] == "text/html; charset=utf-8"
            assert 'href="/docs"' in page.text
        answer = await client.get("/", headers={"Accept": "application/json"})
        assert_problem(answer, 404, "not_found")


async def test_errors_of_pages_are_pages(service: Service) -> None:
    async with browser(service) as client:
        answer = await client.post("/sign-in", content=b"x" * 100_000, headers=OWN_PAGE)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/nothing", "/admin/nothing", "/gallery/nothing/", "/sign-in/x"])
async def test_unknown_address_is_a_page_for_browsers(service: Service, path: str) -> None:
    async with browser(service) as client:
        page = await client.get(path, headers=HTML)
        assert page.status_code == 404
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "There is no such page" in page.text
        assert 'href="/"' in page.text
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        problem = await client.get(path, headers={"Accept": "application/json"})
        assert_problem(problem, 404, "not_found")
        assert_problem(await client.get(f"/v1{path}", headers=HTML), 404, "not_found")
