"""A container image holds every module that its process imports."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.contract.config import DOCUMENT

ROOT = Path(__file__).parents[3]
OURS = {
    "api",
    "benchmarks",
    "chaos",
    "cli",
    "deploy",
    "domain",
    "openapi",
    "sandbox",
    "storage",
    "tasks",
    "telemetry",
    "tests",
}


def copied(containerfile: str) -> set[Path]:
    text = (ROOT / containerfile).read_text()
    copies = re.findall(r"^COPY (?!--from)(.+) \S+$", text, flags=re.MULTILINE)
    return {ROOT / place for places in copies for place in places.split()}


def modules(places: set[Path]) -> Iterator[Path]:
    for place in places:
        yield from place.rglob("*.py") if place.is_dir() else [place]


def imports(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("containerfile", ["Containerfile.api", "Containerfile.worker"])
def test_image_has_every_module_that_it_imports(containerfile: str) -> None:
    places = copied(containerfile)
    present = set(modules({place for place in places if place.suffix in {"", ".py"}}))
    missing = {
        name
        for module in present
        for name in imports(module)
        if name.split(".")[0] in OURS
        and not {(ROOT / name.replace(".", "/")).with_suffix(".py"), package(name)} & present
    }
    assert not missing


def package(name: str) -> Path:
    return ROOT / name.replace(".", "/") / "__init__.py"


@pytest.mark.parametrize("containerfile", ["Containerfile.api", "Containerfile.worker"])
def test_what_is_copied_reaches_the_build(containerfile: str) -> None:
    lines = (ROOT / ".containerignore").read_text().splitlines()
    sent = [ROOT / line[1:].rstrip("/") for line in lines if line.startswith("!")]
    for place in copied(containerfile):
        assert place.exists()
        assert any(place == one or one in place.parents for one in sent), place


def test_image_of_the_api_has_the_contract_that_it_serves() -> None:
    assert DOCUMENT in copied("Containerfile.api")


def test_both_ignore_files_say_the_same() -> None:
    assert (ROOT / ".containerignore").read_text() == (ROOT / ".dockerignore").read_text()
