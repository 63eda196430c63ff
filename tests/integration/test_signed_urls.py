"""Pictures by URLs that need no key: what they show, until when, and how caches keep them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest

from api.http.signed_urls import PATHS
from domain.keys import hash_secret
from domain.signed_urls import Issuer, Purpose, read_token, write_token
from storage.mongo.client import DURABLE
from storage.queue.fair_turns import TENANT
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import ADMIN_KEY, Service, authorization, running_service

pytestmark = pytest.mark.one_service

PICTURE = draw(120, 60)
VARIANTS = ("original", "grayscale", "thumbnail", "faces")


@pytest.fixture
async def browser(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a key."""
    async with httpx.AsyncClient(trust_env=False, timeout=120) as client:
        yield client


async def stored(service: Service, key: str = ADMIN_KEY, seed: int = 0) -> str:
    """Upload a picture that nobody has processed yet, and give the ID of its image."""
    answer = await service.send([("a.jpg", draw(120, 60, seed=seed))], key=key)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["items"][0]["image_id"])


async def make_url(
    service: Service, image_id: str, key: str = ADMIN_KEY, **query: object
) -> dict[str, Any]:
    answer = await service.client.get(
        f"/v1/images/{image_id}/content-url",
        params={name: str(value) for name, value in query.items()},
        headers=authorization(key),
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    made: dict[str, Any] = answer.json()
    return made


async def forge(service: Service, url: str, **changes: Any) -> str:
    """Sign another grant than that of a URL with the key of the service."""
    place, text = url.rsplit("/", 1)
    token = read_token(text)
    assert token is not None
    grant = msgspec.structs.replace(token.grant, **changes)
    bound_to = hash_secret(ADMIN_KEY).encode() if grant.issuer is Issuer.SETTINGS else b""
    return f"{place}/{write_token(grant, await service.stores.signing_keys.newest(), bound_to)}"


async def test_url_shows_each_variant_without_a_key_as_long_as_it_says(
    working_service: Service, browser: httpx.AsyncClient
) -> None:
    job = await working_service.process([("a.jpg", PICTURE)])
    image_id = job["items"][0]["image_id"]
    for variant in VARIANTS:
        made = await make_url(working_service, image_id, variant=variant, expires_in=600)
        assert made["variant"] == variant
        picture = await browser.get(made["url"])
        assert picture.status_code == 200, picture.text
        with_key = await working_service.client.get(
            f"/v1/images/{image_id}/content?variant={variant}"
        )
        assert picture.content == with_key.content
        for name in ("content-type", "etag", "content-disposition", "accept-ranges"):
            assert picture.headers[name] == with_key.headers[name]
        assert picture.headers["referrer-policy"] == "no-referrer"
        visibility, max_age, immutable = picture.headers["cache-control"].split(", ")
        assert (visibility, immutable) == ("private", "immutable")
        left = datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)
        assert abs(int(max_age.removeprefix("max-age=")) - left.total_seconds()) < 60
        assert timedelta(seconds=540) < left <= timedelta(seconds=901)


async def test_head_range_and_known_versions_are_answered(
    service: Service, browser: httpx.AsyncClient
) -> None:
    url = (await make_url(service, await stored(service)))["url"]
    whole = await browser.get(url)
    head = await browser.head(url)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.content))
    assert "immutable" in head.headers["cache-control"]
    part = await browser.get(url, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert "immutable" in part.headers["cache-control"]
    etag = whole.headers["etag"]
    assert not etag.startswith("W/")
    known = await browser.get(url, headers={"If-None-Match": etag})
    assert (known.status_code, known.content) == (304, b"")
    assert "immutable" in known.headers["cache-control"]
    past_the_end = await browser.get(url, headers={"Range": "bytes=999999-"})
    assert past_the_end.status_code == 416
    assert past_the_end.headers["cache-control"] == "no-store"


async def test_errors_of_a_genuine_url_may_not_be_kept(
    service: Service, browser: httpx.AsyncClient
) -> None:
    made = await make_url(service, await stored(service), variant="faces")
    answer = await browser.get(made["url"])
    assert_problem(answer, 409, "wrong_state")
    assert answer.headers["cache-control"] == "no-store"


async def test_whatever_is_wrong_with_a_url_the_answer_is_the_same(
    service: Service, browser: httpx.AsyncClient
) -> None:
    image_id, other = await stored(service), await stored(service, seed=1)
    client = await service.make_key("client", "admin")
    url = (await make_url(service, image_id, client))["url"]
    place, token = url.rsplit("/", 1)
    job_id = (await service.client.get(f"/v1/images/{image_id}")).json()["job_id"]
    events = (await service.client.get(f"/v1/jobs/{job_id}/events-url")).json()["url"]
    gone = "019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b4"
    swapped = (await make_url(service, other, client))["url"].rsplit("/", 1)[1]
    wrong = {
        "changed": f"{place}/{token[:-1]}{'A' if token[-1] != 'A' else 'B'}",
        "of another image, with the signature of this one": f"{place}/{swapped[:-43]}{token[-43:]}",
        "of another variant, with the signature of this one": f"{place}/mls_AQEC{token[8:]}",
        "cut": url[:-4],
        "longer": f"{url}AAAA",
        "nothing": f"{place}/mls_",
        "of a link": f"{place}/mll_{token[4:]}",
        "random": f"{place}/mls_{'x' * 100}",
        "not ASCII": f"{place}/mls_{'ö' * 50}",
        "for a stream": f"{place}/{events.rsplit('/', 1)[1]}",
        "expired": await forge(service, url, expires_at=datetime.now(UTC)),
        "of no image": await forge(service, url, object_id=gone),
        "of no key": await forge(service, url, issuer_id=gone),
    }
    told = {}
    for what, one in wrong.items():
        answer = await browser.get(one)
        problem = assert_problem(answer, 404, "not_found")
        assert answer.headers["cache-control"] == "no-store"
        told[what] = {name: text for name, text in problem.items() if name != "request_id"}
    of_no_image = told.pop("of no image")
    assert of_no_image["code"] == "not_found"
    assert len({str(problem) for problem in told.values()}) == 1, told
    assert (await browser.get(url)).status_code == 200
    stream = await browser.get(f"{events.rsplit('/', 1)[0]}/{token}")
    assert_problem(stream, 404, "not_found")


async def test_url_is_the_same_for_a_while_and_differs_by_what_it_is_of(service: Service) -> None:
    image_id, other = await stored(service), await stored(service, seed=1)
    client = await service.make_key("client", "admin")
    day: dict[str, Any] = {"expires_in": 86_400}
    first = await make_url(service, image_id, variant="thumbnail", **day)
    assert await make_url(service, image_id, variant="thumbnail", **day) == first
    document = await service.client.get(
        f"/v1/images/{image_id}", params={"content_urls": ["thumbnail", "faces"], **day}
    )
    urls = document.json()["content_urls"]
    assert list(urls) == ["thumbnail", "faces"]
    assert urls["thumbnail"] == first
    listed = await service.client.get("/v1/images", params={"content_urls": "thumbnail", **day})
    by_id = {image["id"]: image["content_urls"] for image in listed.json()["items"]}
    assert by_id.keys() == {image_id, other}
    assert by_id[image_id] == {"thumbnail": first}
    all_urls = {
        first["url"],
        urls["faces"]["url"],
        by_id[other]["thumbnail"]["url"],
        (await make_url(service, image_id, client, variant="thumbnail", **day))["url"],
        (await make_url(service, image_id, variant="thumbnail"))["url"],
    }
    assert len(all_urls) == 5


async def test_lists_and_images_hold_urls_on_request_only(service: Service) -> None:
    image_id = await stored(service)
    for path in ("/v1/images", f"/v1/images/{image_id}"):
        assert "content_urls" not in (await service.client.get(path)).text
        for query in (
            {"content_urls": "small"},
            {"content_urls": ["thumbnail"] * 5},
            {"content_urls": "thumbnail", "expires_in": "59"},
        ):
            answer = await service.client.get(path, params=query)
            assert_problem(answer, 422, "invalid_value")


@pytest.mark.parametrize(
    ("seconds", "status"), [(59, 422), (60, 200), (604_800, 200), (604_801, 422)]
)
async def test_life_of_a_url_has_bounds(service: Service, seconds: int, status: int) -> None:
    path = f"/v1/images/{await stored(service)}/content-url"
    answer = await service.client.get(path, params={"expires_in": seconds})
    assert answer.status_code == status


async def test_url_ends_with_its_image(service: Service, browser: httpx.AsyncClient) -> None:
    image_id = await stored(service)
    url = (await make_url(service, image_id))["url"]
    assert (await browser.get(url)).status_code == 200
    assert (await service.client.delete(f"/v1/images/{image_id}")).is_success
    assert_problem(await browser.get(url), 404, "not_found")


@pytest.mark.parametrize("end", ["revoked", "expired"])
async def test_url_ends_with_its_key(
    service: Service, browser: httpx.AsyncClient, end: str
) -> None:
    made = await service.client.post("/v1/api-keys", json={"role": "client", "user_id": "u1"})
    key_id, key = made.json()["id"], made.json()["key"]
    url = (await make_url(service, await stored(service, key), key))["url"]
    assert (await browser.get(url)).status_code == 200
    if end == "revoked":
        await service.client.delete(f"/v1/api-keys/{key_id}")
    else:
        keys = service.stores.database["api_keys"].with_options(write_concern=DURABLE)
        over = {"$set": {"expires_at": datetime.now(UTC) - timedelta(seconds=1)}}
        await keys.update_one({"_id": key_id}, over)
        service.stores.api_keys._callers.clear()  # As a second later.
    assert_problem(await browser.get(url), 404, "not_found")


async def test_url_of_a_reader_works_and_that_of_a_stranger_is_not_made(
    service: Service, browser: httpx.AsyncClient
) -> None:
    owner = await service.make_key("client", "u1")
    image_id = await stored(service, owner)
    reader = await service.make_key("reader", "u1")
    assert (await browser.get((await make_url(service, image_id, reader))["url"])).is_success
    stranger = authorization(await service.make_key("client", "u2"))
    answer = await service.client.get(f"/v1/images/{image_id}/content-url", headers=stranger)
    assert_problem(answer, 404, "not_found")


async def test_picture_is_read_in_the_turn_of_the_tenant_of_the_key(
    service: Service, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await service.make_key("client", "u1")
    url = (await make_url(service, await stored(service, key), key))["url"]
    tenants: list[str] = []
    find = service.stores.blobs.find

    async def noting(*args: Any) -> Any:
        tenants.append(TENANT.get())
        return await find(*args)

    monkeypatch.setattr(service.stores.blobs, "find", noting)
    assert (await browser.get(url)).status_code == 200
    assert tenants == ["user:u1"]


async def test_every_process_accepts_a_url_also_after_a_restart(environ: dict[str, str]) -> None:
    async with running_service(environ) as first, running_service(environ) as second:
        image_id = await stored(first)
        urls = await asyncio.gather(*(make_url(one, image_id) for one in (first, second)))
        tokens = {made["url"].rsplit("/", 1)[1] for made in urls}
        assert len(tokens) == 1
        path = f"{PATHS[Purpose.CONTENT]}/{tokens.pop()}"
        for one in (first, second):
            assert (await one.client.get(path, headers={"Authorization": ""})).status_code == 200
    async with running_service(environ) as again:
        assert (await again.client.get(path, headers={"Authorization": ""})).status_code == 200
    other = environ | {"MINILAB_ADMIN_KEY": ADMIN_KEY[::-1]}
    async with running_service(other) as replaced:
        answer = await replaced.client.get(path, headers={"Authorization": ""})
        assert_problem(answer, 404, "not_found")


async def test_key_without_the_scope_to_read_makes_no_url(service: Service) -> None:
    body = {"role": "client", "user_id": "u1", "scopes": ["upload"]}
    key = (await service.client.post("/v1/api-keys", json=body)).json()["key"]
    sent = await service.send([("a.jpg", PICTURE)], key=key)
    job = sent.json()
    image_id = job["items"][0]["image_id"]
    for path in (f"/v1/images/{image_id}/content-url", f"/v1/jobs/{job['id']}/events-url"):
        answer = await service.client.get(path, headers=authorization(key))
        assert_problem(answer, 403, "scope_missing")
