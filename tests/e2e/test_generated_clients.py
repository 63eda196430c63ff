"""All clients come out of the contract complete: each operation is a call, each schema a type."""

import json
import re
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

import pytest

from api.contract.config import DOCUMENT
from openapi.compilation.results import Shown, said, table
from openapi.compilation.syntax import identifiable_without_id, syntax_errors
from openapi.compile_clients import main as compile_clients
from openapi.generate_clients import GENERATORS, main
from openapi.openapi_generator import generate

CONTRACT: dict[str, Any] = json.loads(DOCUMENT.read_text())
OPERATIONS = {
    operation["operationId"]: set(operation["responses"].get("200", {}).get("content", {}))
    for methods in CONTRACT["paths"].values()
    for operation in methods.values()
}
STREAMS = {name for name, content in OPERATIONS.items() if "text/event-stream" in content}
TYPES = set(CONTRACT["components"]["schemas"])


def sources(folder: Path, ending: str) -> dict[str, str]:
    """Read the generated sources by the name of their file, without its ending."""
    return {file.stem: file.read_text() for file in folder.rglob(f"*.{ending}")}


def check(folder: Path, ending: str, call: str, without: AbstractSet[str] = frozenset()) -> None:
    """Fail where an operation has no call, a schema no type, or a webhook has become a call."""
    found = sources(folder, ending)
    calls = set(re.findall(call, "".join(found.values())))
    assert calls >= OPERATIONS.keys() - without
    assert not calls & without
    assert found.keys() >= TYPES
    assert not [name for name in calls if re.fullmatch(r"on[A-Z].*", name)]
    # A name that the generator had to make up.
    assert not [name for name in found if re.search(r"\d{3}Response|Inline|Inner|OneOf", name)]


@pytest.mark.long
def test_kotlin(tmp_path: Path) -> None:
    """`make clients` compiles it, and runs it against the service."""
    generate("kotlin", tmp_path)
    check(tmp_path, "kt", r"\bsuspend fun (\w+)\(")
    apis = "".join(file.read_text() for file in tmp_path.rglob("apis/*.kt"))
    assert "java.io.File" not in apis
    assert {"Minilab", "Upload", "ProblemException", "EventStream"} <= sources(
        tmp_path, "kt"
    ).keys()
    assert 'name = "Apache-2.0"' in (tmp_path / "build.gradle.kts").read_text()


@pytest.mark.long
def test_swift(tmp_path: Path) -> None:
    generate("swift", tmp_path)
    check(tmp_path, "swift", r"open class func (\w+)\(", without=STREAMS)
    assert list(syntax_errors(tmp_path, "swift")) == []
    assert list(identifiable_without_id(tmp_path)) == []
    assert {"Minilab", "Retrying", "EventStream"} <= sources(tmp_path, "swift").keys()
    assert "Apache-2.0" in (tmp_path / "MinilabClient.podspec").read_text()


def test_syntax_errors_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.swift").write_text("struct A {\n    var b: \n}\nextension A: Identifiable {}\n")
    assert len(list(syntax_errors(tmp_path, "swift"))) == 1
    assert list(identifiable_without_id(tmp_path)) == ["A is Identifiable, and has no id"]


def test_unknown_client_is_refused() -> None:
    for refuse in (main, compile_clients):
        with pytest.raises(SystemExit) as refusal:
            refuse(["cobol"])
        assert refusal.value.code == 2
    assert GENERATORS.keys() == {"python", "typescript", "kotlin", "swift", "java", "go", "dart"}


def test_table_of_clients() -> None:
    rows = [Shown("Go", {"compiles": "yes", **said("uploads\nnoise\npolls\n")}), Shown("Swift")]
    head, _, *lines = table(rows).splitlines()
    assert head.split("|")[1].strip() == "client"
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    assert cells == [["Go", "yes", "yes", "yes", *"––––"], ["Swift", *"–––––––"]]
    with pytest.raises(ValueError, match="mood"):
        Shown("Go", {"mood": "calm"})
