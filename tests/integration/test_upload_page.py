"""The upload page as it is served: open to all, strict about what it may load."""

import re

import httpx
import pytest

from api.pages.assets.registry import ASSETS, PAGES
from tests.service import Service

pytestmark = pytest.mark.one_service

UPLOAD = PAGES / "upload"
FILES = sorted(path.name for path in UPLOAD.iterdir() if path.suffix in {".js", ".css"})
POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
}
MAX_SCRIPT_BYTES = 150_000


async def _get(service: Service, path: str) -> httpx.Response:
    """Ask without a key."""
    return await service.client.get(path, headers={"Authorization": ""})


async def test_page_needs_no_key_and_carries_the_strict_headers(refusing: Service) -> None:
    answer = await _get(refusing, "/u")
    assert answer.status_code == 200
    assert set(answer.headers["content-security-policy"].split("; ")) == POLICY
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "set-cookie" not in answer.headers


async def test_page_says_what_it_needs_without_javascript(refusing: Service) -> None:
    assert "<noscript><p" in (await _get(refusing, "/u")).text
    assert "This page needs JavaScript" in (await _get(refusing, "/u")).text


async def test_page_is_no_part_of_the_contract(refusing: Service) -> None:
    assert "/u" not in (await _get(refusing, "/openapi.json")).json()["paths"]


async def test_page_names_all_its_modules_and_loads_at_most_150_kb_of_script(
    refusing: Service,
) -> None:
    page = (await _get(refusing, "/u")).text
    named = set(re.findall(r'(?:href|src)="(/assets/[^"]+\.js)"', page))
    own = {ASSETS.get(f"upload/{name}").url for name in FILES if name.endswith(".js")}
    assert named == own | {ASSETS.get("tus.js").url}
    scripts = [(await _get(refusing, path)).content for path in named]
    assert sum(map(len, scripts)) <= MAX_SCRIPT_BYTES


@pytest.mark.parametrize("name", FILES)
def test_nothing_comes_from_another_host(name: str) -> None:
    text = re.sub(r"//.*", "", (UPLOAD / name).read_text())
    assert not re.findall(r"https?:", text)


def test_text_is_never_markup_and_only_two_modules_store_anything() -> None:
    scripts = {path.name: path.read_text() for path in UPLOAD.glob("*.js")}
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert not [name for name, text in scripts.items() if forbidden in text]
    storages = ("localStorage", "sessionStorage", "document.cookie", "indexedDB")
    stored = {name for name, text in scripts.items() if any(one in text for one in storages)}
    assert stored == {"keeper.js", "tab.js"}
