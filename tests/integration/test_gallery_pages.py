"""The gallery over HTTP: what a key may not see or do, and searches in addresses."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from litestar import Request

from api.http.leaving import CLIENT_LEFT, ClientLeft
from api.pages.errors import PAGE_EXCEPTION_HANDLERS
from tests.integration.test_page_sessions import OWN_PAGE, browser, sign_in
from tests.pictures import draw
from tests.service import ADMIN_KEY, Service, running_service

pytestmark = pytest.mark.one_service


@asynccontextmanager
async def gallery(service: Service, key: str = ADMIN_KEY) -> AsyncIterator[httpx.AsyncClient]:
    """Open the gallery with a key, as a browser does."""
    async with browser(service) as client:
        await sign_in(client, key, "/gallery")
        yield client


async def make_image(service: Service, user_id: str = "u1", seed: int = 0) -> tuple[str, str]:
    """Process an image, and give the IDs of its job and of itself."""
    job = await service.process([("a.jpg", draw(seed=seed))], user_id=user_id)
    return job["id"], job["items"][0]["image_id"]


async def test_images_and_jobs_of_others_are_not_there(working_service: Service) -> None:
    job_id, image_id = await make_image(working_service, "u2")
    key = await working_service.make_key("client", "u1")
    image, job = f"/gallery/images/{image_id}", f"/gallery/jobs/{job_id}"
    async with gallery(working_service, key) as client:
        for path in (image, f"{image}/histogram", f"{image}/alike", job, f"{job}/archive"):
            assert (await client.get(path)).status_code == 404, path
            assert (await client.get(f"{path}?user_id=u2")).status_code == 404, path
        for path in (f"{image}/delete", f"{job}/retry", f"{job}/cancel"):
            answer = await client.post(f"{path}?user_id=u2", headers=OWN_PAGE)
            assert answer.status_code == 404, path
        assert image_id not in (await client.get("/gallery?user_id=u2")).text
        assert job_id not in (await client.get("/gallery/jobs")).text
        # Keys of one user are not told what is like their image among those of others.
        _, own_id = await make_image(working_service, "u1", seed=1)
        assert (
            "Similar brightness" not in (await client.get(f"/gallery/images/{own_id}/alike")).text
        )
    assert (await working_service.client.get(f"/v1/images/{image_id}")).status_code == 200


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"role": "reader"}, "This key only reads."),
        ({"role": "client", "user_id": "u1", "scopes": ["read"]}, "The key lacks the scope"),
    ],
)
async def test_changes_that_a_key_may_not_make_are_refused(
    working_service: Service, body: dict[str, object], refusal: str
) -> None:
    job_id, image_id = await make_image(working_service)
    made = (await working_service.client.post("/v1/api-keys", json=body)).json()
    async with gallery(working_service, made["key"]) as client:
        assert "Delete" not in (await client.get(f"/gallery/images/{image_id}")).text
        for path in (f"images/{image_id}/delete", f"jobs/{job_id}/retry", f"jobs/{job_id}/cancel"):
            answer = await client.post(f"/gallery/{path}", headers=OWN_PAGE)
            assert answer.status_code == 403
            assert refusal in answer.text
    assert (await working_service.client.get(f"/v1/images/{image_id}")).status_code == 200


async def test_key_without_the_scope_to_read_sees_nothing(service: Service) -> None:
    body = {"role": "client", "user_id": "u1", "scopes": ["upload"]}
    made = (await service.client.post("/v1/api-keys", json=body)).json()
    async with gallery(service, made["key"]) as client:
        for path in ("/gallery", "/gallery/jobs", "/gallery/archive"):
            answer = await client.get(path)
            assert answer.status_code == 403
            assert "The key lacks the scope read." in answer.text


async def test_delete_from_elsewhere_is_refused(working_service: Service) -> None:
    _, image_id = await make_image(working_service)
    async with gallery(working_service) as client:
        for sent in ({}, {"Sec-Fetch-Site": "cross-site"}):
            answer = await client.post(f"/gallery/images/{image_id}/delete", headers=sent)
            assert answer.status_code == 403
    assert (await working_service.client.get(f"/v1/images/{image_id}")).status_code == 200


@pytest.mark.parametrize(
    ("sent", "tidy"),
    [
        ("camera=&format=jpeg&tag=&radius_m=1000", "format=jpeg"),
        ("near=48.2%2C%2016.4&radius_m=500", "near=48.2%2C16.4&radius_m=500"),
        ("tag=a%2C%20b&tag=c", "tag=a&tag=b&tag=c"),
        ("camera=", ""),
    ],
)
async def test_addresses_of_searches_are_tidy(service: Service, sent: str, tidy: str) -> None:
    async with gallery(service) as client:
        answer = await client.get(f"/gallery?{sent}")
        assert answer.status_code == 303
        assert answer.headers["location"] == (f"/gallery?{tidy}" if tidy else "/gallery")
        assert (await client.get(answer.headers["location"])).status_code == 200


@pytest.mark.parametrize(
    "query", ["format=xyz", "taken_from=2026-02-30", "min_faces=0", "near=95,0", "cursor=1"]
)
async def test_search_that_cannot_be_made_shows_the_form_again(
    service: Service, query: str
) -> None:
    async with gallery(service) as client:
        answer = await client.get(f"/gallery?{query}")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert 'role="search"' in answer.text


async def test_signing_in_leads_to_the_search_that_was_asked_for(service: Service) -> None:
    async with browser(service) as client:
        long = await client.get(f"/gallery?camera={'x' * 600}")
        assert long.headers["location"] == "/sign-in?next=/gallery"
        asked = await client.get("/gallery?camera=NIKON+D90&tag=%C3%A4")
        page = await client.get(asked.headers["location"])
        back = "/gallery?camera=NIKON+D90&tag=%C3%A4"
        assert f'action="/sign-in?next={quote(back)}"' in page.text
        assert (await sign_in(client, ADMIN_KEY, back)).headers["location"] == back


async def test_neighbours_are_those_of_the_search(working_service: Service) -> None:
    ids = [(await make_image(working_service, user, n))[1] for n, user in enumerate("abaa")]
    async with gallery(working_service) as client:
        page = (await client.get(f"/gallery/images/{ids[2]}?user_id=a")).text
        assert f'rel="prev" href="/gallery/images/{ids[3]}?user_id=a"' in page
        assert f'rel="next" href="/gallery/images/{ids[0]}?user_id=a"' in page
        first = (await client.get(f"/gallery/images/{ids[3]}")).text
        assert 'rel="prev"' not in first


async def test_pictures_are_kept_by_browsers_and_pages_are_not(working_service: Service) -> None:
    await make_image(working_service)
    async with gallery(working_service) as client:
        first, second = [(await client.get("/gallery")) for _ in range(2)]
        assert first.headers["cache-control"] == "no-store"
        url = re.findall('src="(/v1/content/[^"]+)"', first.text)[0]
        assert f'src="{url}"' in second.text
        picture = await client.get(url)
        assert picture.headers["content-type"] == "image/webp"
        assert "immutable" in picture.headers["cache-control"]


async def test_only_images_are_sent_to_htmx(working_service: Service) -> None:
    await make_image(working_service)
    async with gallery(working_service) as client:
        part = await client.get("/gallery", headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert part.text.count('class="tile"') == 1


async def test_archive_that_would_be_too_large_is_refused_in_words(
    environ: dict[str, str],
) -> None:
    own = environ | {"MINILAB_MAX_ARCHIVE_IMAGES": "2"}
    async with running_service(own) as service:
        files = [(f"{n}.jpg", draw(seed=n)) for n in range(3)]
        await service.send(files, user_id="u1")
        async with gallery(service) as client:
            answer = await client.get("/gallery/archive?user_id=u1")
            assert answer.status_code == 422
            assert "More images match than fit in one archive." in answer.text
            assert 'href="/gallery/archive?user_id=u1&amp;limit=2"' in answer.text
            part = await client.get("/gallery/archive?user_id=u1&limit=2")
            assert part.headers["content-type"] == "application/zip"


async def test_browser_that_leaves_is_no_error() -> None:
    request = Request[Any, Any, Any](
        {"type": "http", "headers": [(b"accept", b"text/html")], "method": "GET"}  # type: ignore[arg-type]
    )
    answer = PAGE_EXCEPTION_HANDLERS[ClientLeft](request, ClientLeft())
    assert answer.status_code == CLIENT_LEFT
