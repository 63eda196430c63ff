"""A web app on another origin uploads, follows and shows pictures, in a real browser."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from benchmarks.harness.streams import HOST, stream_server
from tests.markdown import examples
from tests.service import REPOSITORY, Service, running_service
from tests.waiting import LATEST_SECONDS

PAGE_OF_DOCS = REPOSITORY / "docs" / "browsers.md"
APP = Path(__file__).parent / "web_app"
TYPES = {".html": "text/html", ".js": "text/javascript"}


@pytest.fixture
async def origin() -> AsyncIterator[str]:
    """Serve the app on another port, and so on another origin; give that."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1].decode()
        file = APP / (target.split("?")[0].strip("/") or "index.html")
        found = file.is_file() and file.parent == APP
        body = file.read_bytes() if found else b""
        lines = [
            f"HTTP/1.1 {'200 OK' if found else '404 Not Found'}",
            f"Content-Type: {TYPES.get(file.suffix, 'text/plain')}",
            f"Content-Length: {len(body)}",
            "Connection: close",
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)

    async with stream_server(answer) as port:
        yield f"http://{HOST}:{port}"


@pytest.fixture
async def app_service(environ: dict[str, str], origin: str) -> AsyncIterator[Service]:
    """A service with a worker that admits the app."""
    admitting = environ | {"MINILAB_CORS_ORIGINS": f"https://app.example,{origin}"}
    async with running_service(admitting) as service, service.working():
        yield service


async def use(tab: Page, origin: str, service: Service, secret: str, uploads: str) -> Any:
    """Open the app, have it upload a picture to a route and follow it; give what it saw."""
    await tab.goto(origin)
    address = str(service.client.base_url).rstrip("/")
    async with asyncio.timeout(LATEST_SECONDS):
        return await tab.evaluate("([...given]) => use(...given)", [address, secret, uploads])


async def count_downloads(service: Service) -> list[str]:
    """Read how often the service was asked for pictures by signed URLs."""
    lines = (await service.client.get("/metrics")).text.splitlines()
    return [line for line in lines if "_count" in line and "/v1/content/{token}" in line]


async def test_app_uploads_follows_and_shows_thumbnails(
    tab: Page, origin: str, app_service: Service
) -> None:
    key = await app_service.make_key("client", "u1")
    saw = await use(tab, origin, app_service, key, "/v1/jobs")
    assert saw["status"] == 202
    location = saw["headers"].pop("Location")
    assert location == f"/v1/jobs/{saw['job_id']}"
    assert int(saw["headers"].pop("Retry-After")) >= 1
    assert saw["headers"].pop("X-Request-ID")
    assert saw["headers"] == {}
    assert saw["events"][-1] == "job.finished"
    assert saw["listed"] == 1
    assert saw["natural_width"] == 120
    assert saw["read"] == {"ETag": True, "Content-Range": "bytes 0-9/", "Accept-Ranges": "bytes"}
    assert saw["problem"] == [404, "not_found"]
    downloads = await count_downloads(app_service)
    await tab.goto(f"{origin}/?again")
    assert await tab.evaluate("url => show(url)", saw["url"]) == 120
    assert await count_downloads(app_service) == downloads, "the browser has kept it"


async def test_app_uploads_through_a_link(tab: Page, origin: str, app_service: Service) -> None:
    link = await app_service.make_link()
    saw = await use(tab, origin, app_service, link["token"], "/v1/uploads")
    assert saw["status"] == 202
    assert saw["headers"]["Location"] == f"/v1/uploads/jobs/{saw['job_id']}"
    assert saw["events"][-1] == "job.finished"


async def test_code_of_the_documentation_works(
    tab: Page, origin: str, app_service: Service
) -> None:
    key = await app_service.make_key("client", "u1")
    address = str(app_service.client.base_url).rstrip("/")
    upload, follow, pictures = examples(PAGE_OF_DOCS, "js")
    upload = upload.replace("http://127.0.0.1:8000", address)
    code = f"""async (key) => {{
      const input = {{ files: [await draw(120, 60), await draw(60, 30)] }};
      const seen = [];
      const show = (job) => seen.push(job.status);
      {upload}{follow}
      await new Promise((resolve) => events.addEventListener("job.finished", resolve));
      {pictures}
      const shown = [...document.querySelectorAll("img")];
      await Promise.all(shown.map((picture) => picture.decode()));
      return [seen.length > 0, events.readyState, shown.map((picture) => picture.naturalWidth)];
    }}"""
    await tab.goto(origin)
    async with asyncio.timeout(LATEST_SECONDS):
        assert await tab.evaluate(code, key) == [True, 2, [60, 120]]


@pytest.mark.parametrize("setting", ["", "https://app.example"])
async def test_browser_refuses_the_app_without_the_setting(
    tab: Page, origin: str, environ: dict[str, str], setting: str
) -> None:
    async with running_service(environ | {"MINILAB_CORS_ORIGINS": setting}) as service:
        key = await service.make_key("client", "u1")
        saw = await use(tab, origin, service, key, "/v1/jobs")
        assert saw == {"refused": "TypeError: Failed to fetch"}
        assert await service.count("jobs") == 0
