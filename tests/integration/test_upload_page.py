"""The upload page as it is served: open to all, strict about what it may load."""

import re
from pathlib import Path

import httpx
import pytest

from api.controllers.pages import UPLOAD_PAGE
from tests.problems import assert_problem
from tests.service import Service

pytestmark = pytest.mark.one_service

FILES = sorted(path.name for path in UPLOAD_PAGE.iterdir())
MEDIA_TYPES = {
    "": "text/html; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
}


async def _get(service: Service, path: str) -> httpx.Response:
    """Ask without a key."""
    return await service.client.get(path, headers={"Authorization": ""})


@pytest.mark.parametrize("path", ["/u", *(f"/u/{name}" for name in FILES)])
async def test_every_file_needs_no_key_and_carries_the_strict_headers(
    refusing: Service, path: str
) -> None:
    answer = await _get(refusing, path)
    assert answer.status_code == 200
    assert set(answer.headers["content-security-policy"].split("; ")) == POLICY
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-disposition"].startswith("inline")
    assert answer.headers["content-type"] == MEDIA_TYPES[Path(path).suffix]
    assert "set-cookie" not in answer.headers


async def test_page_is_the_html_file(refusing: Service) -> None:
    assert (await _get(refusing, "/u")).content == (UPLOAD_PAGE / "index.html").read_bytes()


@pytest.mark.parametrize("name", ["nothing.js", "..%2f..%2fapp.py", "%2e%2e", "..%5capp.py"])
async def test_other_files_are_not_there(refusing: Service, name: str) -> None:
    problem = assert_problem(await _get(refusing, f"/u/{name}"), 404, "not_found")
    assert "pages" not in problem["detail"]


async def test_page_is_no_part_of_the_contract(refusing: Service) -> None:
    paths = (await _get(refusing, "/openapi.json")).json()["paths"]
    assert not [path for path in paths if path == "/u" or path.startswith("/u/")]


@pytest.mark.parametrize("name", FILES)
def test_nothing_comes_from_another_host(name: str) -> None:
    text = (UPLOAD_PAGE / name).read_text().replace("http://www.w3.org/2000/svg", "")
    assert not re.findall(r"(?:https?:)?//[\w.-]+\.\w+", text)


def test_everything_that_the_page_names_is_there() -> None:
    page = (UPLOAD_PAGE / "index.html").read_text()
    named = set(re.findall(r'(?:href|src)="/u/([^"]+)"', page))
    for script in UPLOAD_PAGE.glob("*.js"):
        named |= set(re.findall(r'from "\./([^"]+)"', script.read_text()))
    assert named == set(FILES) - {"index.html"}


def test_nothing_is_inline_and_text_is_never_markup() -> None:
    page = (UPLOAD_PAGE / "index.html").read_text()
    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=", page)
    scripts = "".join(path.read_text() for path in UPLOAD_PAGE.glob("*.js"))
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert forbidden not in scripts
    for storage in ("localStorage", "sessionStorage", "document.cookie", "indexedDB"):
        assert storage not in scripts
