import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
FOLDERS_OF_PAGES = ("", "docs", "docs/decisions", "docs/examples", "openapi")
PAGES = [path for folder in FOLDERS_OF_PAGES for path in sorted((REPOSITORY / folder).glob("*.md"))]
LINK = re.compile(r"\]\(([^)#:]*)(?:#([^)]*))?\)")
FOLDERS = {path.name for path in REPOSITORY.iterdir() if path.is_dir()}
MADE_ON_DEMAND = (".venv/peer", "sdk/dart", "sdk/go", "sdk/java", "sdk/kotlin", "sdk/swift")
EXAMPLES = ("domain/images/measure_sharpness.py",)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_links_and_named_files_exist(page: Path) -> None:
    text = page.read_text()
    links = LINK.findall(text)
    assert [link for link, _ in links if not (page.parent / link).exists()] == []
    anchors = [(page.parent / link if link else page, anchor) for link, anchor in links if anchor]
    assert [anchor for target, anchor in anchors if anchor not in anchors_of(target)] == []
    named = re.findall(r"`([\w.-]+/[\w./-]*)`", text)
    files = [name for name in named if name.split("/")[0] in FOLDERS]
    missing = [name for name in files if not (REPOSITORY / name).exists()]
    assert sorted({*missing} - {*MADE_ON_DEMAND, *EXAMPLES}) == []


def anchors_of(page: Path) -> set[str]:
    """Name the headings of a page as GitHub does."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    headings = [
        re.sub(r"\]\([^)]*\)", "]", found) for found in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    ]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_is_reached_from_the_index() -> None:
    reached: set[Path] = set()
    waiting = [REPOSITORY / "README.md", REPOSITORY / "docs" / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        links = [link for link, _ in LINK.findall(page.read_text()) if link]
        waiting += [(page.parent / link).resolve() for link in links]
    assert [str(page) for page in PAGES if page not in reached] == []


def test_index_lists_every_page_and_is_listed() -> None:
    index = REPOSITORY / "docs" / "README.md"
    listed = {(index.parent / link).resolve() for link, _ in LINK.findall(index.read_text())}
    pages = {page for page in (REPOSITORY / "docs").glob("*.md") if page != index}
    assert {page.name for page in pages - listed} == set()
    assert "(docs/README.md)" in (REPOSITORY / "README.md").read_text()


def test_lists_every_decision() -> None:
    folder = REPOSITORY / "docs" / "decisions"
    listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text())
    assert listed == sorted(path.name for path in folder.glob("0*.md"))
