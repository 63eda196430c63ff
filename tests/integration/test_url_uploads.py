"""Files that a worker fetches from URLs: as in a form, and every failure is an item's."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from benchmarks.harness.streams import HOST
from domain.addresses import FetchRules
from domain.errors.access import WrongState
from domain.records import ItemError
from tasks.fetching.download import DownloadFailed, Downloads
from tasks.guarded_client import GuardedClient
from tests.certificates import make_certificate
from tests.integration.test_verification import verify
from tests.integration.test_webhook_sender import Told
from tests.picture_servers import PictureServer
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import ADMIN_KEY, Service, authorization
from tests.unit.test_addresses import NO_ADDRESSES, REFUSED
from tests.uploads import make_upload
from tests.waiting import until

pytestmark = pytest.mark.one_service

PICTURE = draw(64, 48, kind="PNG")
LIMITS = {"MINILAB_MAX_FILE_BYTES": "1000000", "MINILAB_MAX_URLS": "40"}
ALLOWED = {"MINILAB_FETCH_ALLOW": "127.0.0.0/8", "MINILAB_FETCH_ALLOW_HTTP": "true"}


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | LIMITS | ALLOWED


@pytest.fixture
async def pictures() -> AsyncIterator[PictureServer]:
    async with PictureServer(PICTURE) as server:
        yield server


async def send(
    service: Service,
    *urls: str,
    path: str = "/v1/jobs",
    key: str = ADMIN_KEY,
    headers: dict[str, str] | None = None,
    **fields: Any,
) -> httpx.Response:
    sent = authorization(key) | (headers or {})
    return await service.client.post(path, json={"urls": list(urls)} | fields, headers=sent)


async def fetch(service: Service, *urls: str, **fields: Any) -> dict[str, Any]:
    """Send URLs and wait for the end of their job."""
    answer = await send(service, *urls, **fields)
    assert answer.status_code == 202, answer.text
    return await service.job(answer.json()["id"])


async def test_name_in_a_url_is_read_as_that_of_a_part(
    service: Service, pictures: PictureServer
) -> None:
    names = ("caf%E9.png", "caf%C3%A9.png")
    answer = await send(service, *(pictures.url(f"ok/{name}") for name in names))
    assert [item["filename"] for item in answer.json()["items"]] == ["caf\xe9.png"] * 2


async def test_fetched_file_is_what_an_uploaded_one_is(
    service: Service, pictures: PictureServer
) -> None:
    urls = [pictures.url(f"{kind}/a%20b.png?secret=1") for kind in ("ok", "chunked", "unmeasured")]
    answer = await send(service, *urls, operations=["metadata", "faces"], user_id="u1", gps="strip")
    assert answer.status_code == 202, answer.text
    ticket = answer.json()
    assert (ticket["status"], ticket["user_id"]) == ("queued", "u1")
    assert ticket["progress"] == {"done": 0, "failed": 0, "total": 6}
    for item in ticket["items"]:
        assert (item["image_id"], item["status"], item["error"]) == (None, "queued", None)
        assert item["filename"] == "a b.png"
        assert item["operations"].keys() == {"metadata", "faces"}
    assert (await service.client.get(f"/v1/jobs/{ticket['id']}")).json()["items"] == ticket["items"]
    async with service.working(worker_children=1):
        job = await service.job(ticket["id"])
        by_form = await service.process(
            [("a b.png", PICTURE)], operations="metadata,faces", user_id="u1", gps="strip"
        )
    assert (job["status"], job["progress"]["done"]) == ("succeeded", 6)
    (uploaded,) = by_form["items"]
    for item in job["items"]:
        image = (await service.client.get(f"/v1/images/{item['image_id']}")).json()
        expected = (await service.client.get(f"/v1/images/{uploaded['image_id']}")).json()
        of_upload = ("id", "job_id", "uploaded_at", "duplicate_of")
        assert {**image, **dict.fromkeys(of_upload)} == {**expected, **dict.fromkeys(of_upload)}
    assert sum(item["duplicate_of"] is None for item in job["items"]) == 1
    assert await service.count("blobs.files") == 1
    kept = await service.stores.database["jobs"].find_one({"_id": ticket["id"]})
    assert "secret" not in repr(kept)
    for request in pictures.requests:
        assert request.headers["user-agent"] == "Minilab-Fetch"
        assert request.headers["accept-encoding"] == "identity"
        assert request.headers["host"] == f"{HOST}:{pictures.port}"
        assert "cookie" not in request.headers
        assert request.target.endswith("a%20b.png?secret=1")


FAILURES = {
    "status/404": ("fetch_failed", "The server answered with the status 404."),
    "status/401": ("fetch_failed", "The server answered with the status 401."),
    "status/301": ("fetch_failed", "A redirect names no URL."),
    "partial": ("fetch_failed", "The server answered with the status 206."),
    "nothing": ("fetch_failed", "The server answered with the status 204."),
    "gzip": ("fetch_failed", "The server compressed the answer, though asked not to."),
    "garbage": ("fetch_failed", "The server gives no valid answer."),
    "negative": ("fetch_failed", "The server gives no valid answer."),
    "html": ("unsupported_format", "See /v1/capabilities for the supported formats."),
    "empty": ("empty_file", None),
    "short": ("fetch_failed", "The server gives no valid answer."),
    "endless": ("file_too_large", "The limit is 1000000 bytes."),
    "redirect?http://10.0.0.1/": ("fetch_refused", None),
    "redirect?http://[::ffff:169.254.169.254]/": ("fetch_refused", None),
    "redirect?http://user:pw@example.com/": ("fetch_refused", None),
    "redirect?file:///etc/passwd": (
        "fetch_refused",
        "The URL must begin with https:// or http://.",
    ),
    "redirect?gopher://x/": ("fetch_refused", None),
    "redirect?http://[": ("fetch_failed", "A redirect names no URL."),
    "redirect?/redirect?/redirect?/redirect?/ok": (
        "fetch_failed",
        "There are more than 3 redirects.",
    ),
}
# Failures that may pass are tried again.
TWICE = {
    "status/500": ("fetch_failed", "The server answered with the status 500."),
    "long": ("fetch_failed", "The connection broke off before the end of the file."),
    "cut": ("fetch_failed", "The connection broke off before the end of the file."),
    "drop": ("fetch_failed", "The connection broke off before the end of the file."),
    "redirect?http://localhost.:1/": ("fetch_failed", None),
    "never": ("fetch_timeout", "The server was silent for too long."),
    "drip": ("fetch_timeout", "The limit is 1.5 seconds."),
}


async def test_every_failure_is_an_item_with_its_reason(
    service: Service, pictures: PictureServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.fetching.fetch_file.PAUSES", (0.01,))
    monkeypatch.setattr("tasks.fetching.download.SILENCE_SECONDS", 0.4)
    expected = FAILURES | TWICE
    urls = [pictures.url(path) for path in expected]
    async with service.working(
        worker_children=1, fetch_timeout_seconds=1.5, fetch_in_flight_each=40
    ):
        job = await fetch(service, *urls, pictures.url("ok/last.png"), operations=["metadata"])
    assert (job["status"], job["progress"]["done"]) == ("partial", 1)
    for item, (path, (code, detail)) in zip(job["items"], expected.items(), strict=False):
        assert item["error"] is not None, path
        assert item["error"]["code"] == code, (path, item["error"])
        assert detail in {None, item["error"]["detail"]}, path
        assert item["error"]["title"] != code
        assert str(pictures.port) not in repr(item["error"])
    assert job["items"][-1]["status"] == "succeeded"
    targets = [request.target for request in pictures.requests]
    for path in FAILURES:
        assert targets.count(f"/{path}") == 1, path
    for path in TWICE:
        # The HTTP client repeats a request by itself once where the connection was dropped at once.
        assert targets.count(f"/{path}") in ({1} if path == "drip" else {2, 4}), path
    assert targets.count("/ok") == 0
    await until(lambda: no_orphans(service))
    assert await broken(service) == []


async def no_orphans(service: Service) -> bool:
    return not await service.orphan_chunks()


async def broken(service: Service) -> list[str]:
    """Check the invariants of the data, and give the names of those that do not hold."""
    return list((await verify(service)).broken)


async def test_redirects_are_followed_and_carry_nothing(
    service: Service, pictures: PictureServer
) -> None:
    urls = [
        pictures.url(f"redirect?{pictures.url('ok/a.png')}"),
        pictures.url("redirect?/redirect?/redirect?/ok/b.png"),
        pictures.url("flaky"),
    ]
    async with service.working(worker_children=1):
        job = await fetch(service, *urls, operations=["metadata"])
    assert job["status"] == "succeeded"
    assert all("cookie" not in request.headers for request in pictures.requests)
    assert all("authorization" not in request.headers for request in pictures.requests)


async def test_hosts_get_few_requests_at_a_time(service: Service, pictures: PictureServer) -> None:
    urls = [pictures.url(f"held/{number}") for number in range(8)]
    async with service.working(worker_children=1, fetch_in_flight_each=2):
        answer = await send(service, *urls, operations=["metadata"])
        await until(lambda: pictures.asked("held") == 2)
        pictures.go_on.set()
        assert (await service.job(answer.json()["id"]))["status"] == "succeeded"
    assert pictures.most_at_once == 2


async def test_cancel_ends_what_is_not_fetched(service: Service, pictures: PictureServer) -> None:
    async with service.working(worker_children=1):
        urls = [pictures.url("ok/a.png"), pictures.url("held/b.png"), pictures.url("held/c.png")]
        ticket = (await send(service, *urls, operations=["metadata"])).json()
        await until(lambda: pictures.asked("held") == 2)

        async def is_done() -> bool:
            job = (await service.client.get(f"/v1/jobs/{ticket['id']}")).json()
            return bool(job["progress"]["done"] == 1)

        await until(is_done)
        canceled = await service.client.delete(f"/v1/jobs/{ticket['id']}")
        assert canceled.json()["status"] == "canceled"
        statuses = [item["status"] for item in canceled.json()["items"]]
        assert statuses == ["succeeded", "canceled", "canceled"]
        pictures.go_on.set()
        await until(lambda: not pictures.at_once["held"])
        job = (await service.client.get(f"/v1/jobs/{ticket['id']}")).json()
    assert [item["status"] for item in job["items"]] == statuses
    assert [item["filename"] for item in job["items"]] == ["a.png", "b.png", "c.png"]
    kept = await service.stores.database["jobs"].find_one({"_id": ticket["id"]})
    assert kept is not None
    assert pictures.url("") not in repr(kept)
    assert await service.count("images") == 1
    assert await broken(service) == []


async def test_user_is_deleted_while_files_are_fetched(
    service: Service, pictures: PictureServer
) -> None:
    async with service.working(worker_children=1):
        urls = [pictures.url("ok/a.png"), pictures.url("held/b.png")]
        await send(service, *urls, user_id="u1", operations=["metadata"])
        await until(lambda: pictures.asked("held") == 1)
        deletion = (await service.client.delete("/v1/users/u1")).json()
        assert (await service.job(deletion["id"]))["status"] == "succeeded"
        pictures.go_on.set()
        await until(lambda: not pictures.at_once["held"])
    await until(lambda: no_orphans(service))
    assert (await service.count("images"), await service.count("blobs.files")) == (0, 0)
    assert await service.count("jobs") == 0


async def test_lost_claim_writes_nothing_and_the_next_worker_goes_on(
    service: Service, pictures: PictureServer
) -> None:
    stores = service.stores
    urls = [pictures.url("ok/a.png"), pictures.url("status/404"), pictures.url("ok/b.png")]
    ticket = (await send(service, *urls, operations=["metadata"])).json()
    lost = await stores.fetches.claim([])
    assert lost is not None
    assert await stores.fetches.claim([]) is None
    assert [file.url for file in lost.files] == urls
    # Its worker is killed: nobody renews the claim, and its lease of two seconds ends.
    async with service.working(worker_children=1):
        job = await service.job(ticket["id"])
    assert [item["status"] for item in job["items"]] == ["succeeded", "failed", "succeeded"]
    # A worker that was only frozen wakes up.
    assert not await stores.fetches.renew(lost.claim)
    error = ItemError("fetch_failed", "It is late.")
    assert not await stores.fetches.refuse(lost.claim, 2, "b.png", error)
    upload = await make_upload(stores, draw(seed=5), operations=("metadata",))
    late = msgspec.structs.replace(upload, claim=lost.claim)
    with pytest.raises(WrongState):
        await stores.acceptance.accept(late)
    assert await service.count("images") == 2
    assert await broken(service) == []


async def test_fetch_that_never_ends_is_given_up(service: Service, pictures: PictureServer) -> None:
    ticket = (await send(service, pictures.url("ok"), operations=["metadata"])).json()
    begun = {"$set": {"fetch.attempts": service.settings.rules.max_attempts}}
    await service.stores.database["jobs"].update_one({"_id": ticket["id"]}, begun)
    async with service.working(worker_children=1):
        job = await service.job(ticket["id"])
    assert job["items"][0]["error"]["code"] == "fetch_failed"
    assert pictures.connections == 0
    retried = await service.client.post(f"/v1/jobs/{ticket['id']}/retry")
    assert_problem(retried, 409, "nothing_to_retry")


async def test_fetched_bytes_count_for_the_quota(service: Service, pictures: PictureServer) -> None:
    body = {"role": "client", "user_id": "u1", "max_stored_bytes": len(PICTURE) + 10}
    key = (await service.client.post("/v1/api-keys", json=body)).json()["key"]
    urls = [pictures.url("ok/a.png"), pictures.url("ok/b.png")]
    async with service.working(worker_children=1):
        ticket = (await send(service, *urls, key=key, operations=["metadata"])).json()
        job = await service.job(ticket["id"])
    codes = [item["error"] and item["error"]["code"] for item in job["items"]]
    assert sorted(codes, key=str) == [None, "quota_exceeded"]
    assert await broken(service) == []


async def test_replay_gets_the_first_answer(service: Service, pictures: PictureServer) -> None:
    key = {"Idempotency-Key": "k1"}
    first = await send(service, pictures.url("ok"), headers=key)
    again = await send(service, pictures.url("ok"), headers=key, path="/v1/jobs/urls")
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    other = await send(service, pictures.url("ok?other"), headers=key)
    assert_problem(other, 422, "idempotency_key_misused")
    assert await service.count("jobs") == 1


async def test_urls_that_may_not_be_fetched_are_items_at_once(service: Service) -> None:
    refused = [
        "ftp://example.com/a.jpg",
        "https://user:password@example.com/a.jpg",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://2130706433/",
        "https://10.0.0.1/",
        "https://example.com/a#b",
        "https://exämple.com/",
        "https://x:99999/",
        "",
        "x" * 3000,
    ]
    job = (await send(service, *refused)).json()
    assert job["status"] == "failed"
    assert [item["error"]["code"] for item in job["items"]] == ["fetch_refused"] * len(refused)
    kept = await service.stores.database["jobs"].find_one({"_id": job["id"]})
    assert "password@" not in repr(kept)
    assert await broken(service) == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed_request"),
        (b"\xff", 400, "malformed_request"),
        (b'{"urls": []}', 400, "no_files"),
        (b"{}", 422, "invalid_value"),
        (b"[]", 422, "invalid_value"),
        (b'{"urls": "https://x/"}', 422, "invalid_value"),
        (b'{"urls": [1]}', 422, "invalid_value"),
        (b'{"urls": ["https://x/"], "files": []}', 422, "invalid_value"),
        (b'{"urls": ["https://x/"], "operations": "faces"}', 422, "invalid_value"),
        (b'{"urls": ["https://x/"], "operations": ["magic"]}', 422, "unknown_operation"),
        (b'{"urls": ["https://x/"], "gps": "maybe"}', 422, "invalid_value"),
        (b'{"urls": ["https://x/"], "user_id": "\\u0000"}', 422, "invalid_value"),
        (b'{"urls": ["https://x/"], "callback_url": "https://10.0.0.1/"}', 422, "invalid_value"),
        (b'{"urls": [' + b'"https://x/",' * 100 + b'"https://x/"]}', 413, "too_many_parts"),
        (b'{"urls": ["' + b"x" * 400_000 + b'"]}', 413, "request_too_large"),
    ],
)
async def test_wrong_bodies_are_refused(
    refusing: Service, body: bytes, status: int, code: str
) -> None:
    for path in ("/v1/jobs", "/v1/jobs/urls"):
        answer = await refusing.client.post(
            path, content=body, headers={"Content-Type": "application/json"}
        )
        assert_problem(answer, status, code)


async def test_keys_decide_as_for_a_form(service: Service) -> None:
    url = "https://example.com/a.jpg"
    client, server = await service.make_key("client", "u1"), await service.make_key("service")
    assert_problem(await send(service, url, key=client, user_id="u2"), 403, "forbidden")
    assert_problem(await send(service, url, key=server), 422, "user_required")
    link = await service.make_link()
    answer = await send(service, url, key=link["token"], path="/v1/uploads")
    assert "urls: is not a field here" in assert_problem(answer, 422, "invalid_value")["detail"]
    assert_problem(await send(service, url, path="/v1/jobs?user_id=u1"), 422, "invalid_value")


async def get(url: str, rules: FetchRules, **client: Any) -> bytes:
    """Request a URL once; gives the file, or the URL of a redirect."""
    taken = bytearray()

    async def take(data: bytes) -> bool:
        taken.extend(data)
        return True

    async with GuardedClient(rules.networks, "test", **client) as session:
        redirect = await Downloads(session, rules).get(url, take)
    return redirect.encode() if redirect else bytes(taken)


@pytest.mark.parametrize("host", [*REFUSED, *NO_ADDRESSES])
async def test_no_private_address_is_reached_however_it_is_written(
    pictures: PictureServer, host: str
) -> None:
    host = f"[{host}]" if host.count(":") > 1 and "[" not in host else host
    with pytest.raises(DownloadFailed) as failed:
        await get(pictures.url("ok", host=host), FetchRules(fetch_allow_http=True))
    assert failed.value.error.code in {"fetch_refused", "fetch_failed"}
    assert pictures.connections == 0


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["1.1.1.1", "127.0.0.1"], ["::1"], ["169.254.169.254"]]
)
async def test_name_with_one_private_address_is_refused(
    pictures: PictureServer, addresses: list[str]
) -> None:
    rules = FetchRules(fetch_allow_http=True)
    with pytest.raises(DownloadFailed) as failed:
        await get(pictures.url("ok", host="images.test"), rules, resolver=Told(*addresses))
    assert failed.value.error.code == "fetch_refused"
    assert pictures.connections == 0


async def test_certificates_are_checked_and_tls_is_not_left(tmp_path: Path) -> None:
    certificate, tls = make_certificate(tmp_path, "images.test")
    rules = FetchRules("127.0.0.0/8", fetch_allow_http=True)
    here = Told("127.0.0.1")
    trusting = ssl.create_default_context(cafile=str(certificate))
    async with PictureServer(PICTURE, tls) as server:
        url = server.url("ok", host="images.test")
        assert await get(url, rules, resolver=here, tls=trusting) == PICTURE
        for wrong in (
            get(url, rules, resolver=here),
            get(server.url("ok", host="other.test"), rules, resolver=here, tls=trusting),
        ):
            with pytest.raises(DownloadFailed) as failed:
                await wrong
            assert failed.value.error.detail == "The server has no valid certificate."
            assert not failed.value.may_pass
        plain = server.url("redirect?http://images.test/a", host="images.test")
        with pytest.raises(DownloadFailed) as failed:
            await get(plain, rules, resolver=here, tls=trusting)
        assert failed.value.error.code == "fetch_refused"
        secret = server.url("redirect?https://images.test/a", host="images.test")
        assert await get(secret, rules, resolver=here, tls=trusting) == b"https://images.test/a"
