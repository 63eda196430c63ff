"""The files that pages load: named by their content, kept by browsers, clear where one misses."""

import re
from pathlib import Path

import pytest

from api.pages.assets.registry import ASSETS, LIBRARIES, Assets
from domain.errors.capacity import Unavailable
from tests.service import Service

pytestmark = pytest.mark.one_service


@pytest.mark.parametrize("name", [*LIBRARIES, "assets/style.css", "docs/open-contract.js"])
async def test_file_is_kept_for_a_year_under_the_name_of_its_content(
    service: Service, name: str
) -> None:
    asset = ASSETS.get(name)
    assert re.fullmatch(r"/assets/[\w-]+\.[0-9a-f]{16}\.(js|css)", asset.url)
    answer = await service.client.get(asset.url, headers={"Authorization": ""})
    assert answer.content == asset.content
    kept = answer.headers["cache-control"]
    assert "immutable" in kept
    assert "max-age=31536000" in kept


@pytest.mark.parametrize("name", ["style.css", "..%2fpackage.json", "assets-style.0.css"])
async def test_other_names_are_not_there(service: Service, name: str) -> None:
    answer = await service.client.get(f"/assets/{name}", headers={"Authorization": ""})
    assert answer.status_code == 404


def test_scripts_name_each_other_by_content(tmp_path: Path) -> None:
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "words.js").write_text("export const a = 1;")
    (tmp_path / "part" / "page.js").write_text('import { a } from "./words.js";')
    assets = Assets(tmp_path)
    words, page = assets.get("part/words.js"), assets.get("part/page.js")
    assert page.content.decode() == f'import {{ a }} from "./{words.name}";'
    assert assets.find(words.name) == words


def test_library_that_is_not_installed_is_named_in_clear_words(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as refused:
        Assets(tmp_path).get("htmx.js")
    assert "npm ci --ignore-scripts" in refused.value.detail


async def test_page_without_its_libraries_is_a_503_with_the_reason(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.pages.templating.ASSETS", WithoutLibraries())
    for path in ("/sign-in", "/docs"):
        answer = await service.client.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 503, path
        assert "npm ci --ignore-scripts" in answer.text
    assert (await service.client.get("/healthz")).status_code == 200


class WithoutLibraries(Assets):
    """The files of a service whose libraries were not installed."""

    def _library(self, name: str) -> Path:
        return Path("/nonexistent") / name
