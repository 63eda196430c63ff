import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PAGES = [
    path
    for folder in ("", "docs", "docs/decisions", "openapi")
    for path in sorted((REPOSITORY / folder).glob("*.md"))
]
FOLDERS = {path.name for path in REPOSITORY.iterdir() if path.is_dir()}
MADE_ON_DEMAND = ("sdk/dart", "sdk/go", "sdk/java", "sdk/kotlin", "sdk/swift")
EXAMPLES = ("domain/images/measure_sharpness.py",)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_links_and_named_files_exist(page: Path) -> None:
    text = page.read_text()
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    assert [link for link in links if not (page.parent / link).exists()] == []
    named = re.findall(r"`([\w.-]+/[\w./-]*)`", text)
    files = [name for name in named if name.split("/")[0] in FOLDERS]
    missing = [name for name in files if not (REPOSITORY / name).exists()]
    assert sorted({*missing} - {*MADE_ON_DEMAND, *EXAMPLES}) == []


def test_lists_every_decision() -> None:
    folder = REPOSITORY / "docs" / "decisions"
    listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text())
    assert listed == sorted(path.name for path in folder.glob("0*.md"))
