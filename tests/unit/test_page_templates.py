"""Templates of pages: nothing inline, nothing from another host, no sentence of their own."""

import re
from pathlib import Path

import pytest
from jinja2 import nodes

from api.pages.assets.registry import PAGES
from api.pages.templating import LANGUAGE, make_environment, read_texts

TEMPLATES = sorted(
    path.relative_to(PAGES).as_posix()
    for path in PAGES.glob("*/*.html")
    if path.parent.name not in {"node_modules", "upload"}
)
SCRIPTS = sorted(path for path in PAGES.glob("*/*.js") if path.parent.name != "node_modules")


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_has_nothing_inline_and_names_no_other_host(name: str) -> None:
    text = (PAGES / name).read_text()
    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=|hx-on|js:", text)
    assert not re.findall(r'(?:href|src|action|hx-\w+)="(?:https?:)?//', text)
    assert "|safe" not in text.replace(" ", "")


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_text_that_a_template_names_is_there(name: str) -> None:
    environment = make_environment()
    tree = environment.parse((PAGES / name).read_text())
    shorts: dict[str, list[str]] = {"t": []}
    for assigned in tree.find_all(nodes.Assign):
        path = _path(assigned.node, shorts)
        if path is not None and isinstance(assigned.target, nodes.Name):
            shorts[assigned.target.name] = path
    texts = read_texts(LANGUAGE)
    for found in tree.find_all(nodes.Getattr):
        path = _path(found, shorts)
        if path is not None and path[-1] != "format":
            _look_up(texts, path)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_script_makes_no_markup_of_text(path: Path) -> None:
    script = path.read_text()
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert forbidden not in script


def _path(node: nodes.Node, shorts: dict[str, list[str]]) -> list[str] | None:
    """Return the names below ``t`` that an expression reads, if it reads a text."""
    names: list[str] = []
    while isinstance(node, nodes.Getattr):
        names.insert(0, node.attr)
        node = node.node
    known = shorts.get(node.name) if isinstance(node, nodes.Name) else None
    return None if known is None or not names else known + names


def _look_up(texts: object, path: list[str]) -> None:
    for name in path:
        if isinstance(texts, str) and name in {"format", "get"}:
            return
        texts = getattr(texts, name)


def test_template_of_a_release_that_is_installed_meanwhile_is_not_read(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("this release")
    environment = make_environment(tmp_path)
    assert environment.get_template("page.html").render() == "this release"
    page.write_text("the next one: {{ new_value }}")
    assert environment.get_template("page.html").render() == "this release"
