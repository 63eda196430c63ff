"""All clients come out of the contract complete: each operation is a call, each schema a type."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from api.contract.config import DOCUMENT
from openapi.generate_clients import GENERATORS, generate_kotlin, generate_swift, main

CONTRACT: dict[str, Any] = json.loads(DOCUMENT.read_text())
OPERATIONS = {
    operation["operationId"]
    for methods in CONTRACT["paths"].values()
    for operation in methods.values()
}
# What is one of two others has another form in each language.
TYPES = {name for name, schema in CONTRACT["components"]["schemas"].items() if "type" in schema}


def sources(folder: Path, ending: str) -> dict[str, str]:
    """Read the generated sources by the name of their file, without its ending."""
    return {file.stem: file.read_text() for file in folder.rglob(f"*.{ending}")}


def check(folder: Path, ending: str, call: str) -> None:
    """Fail where an operation has no call, a schema no type, or a webhook has become a call."""
    found = sources(folder, ending)
    calls = set(re.findall(call, "".join(found.values())))
    assert calls >= OPERATIONS
    assert found.keys() >= TYPES
    assert not [name for name in calls if re.fullmatch(r"on[A-Z].*", name)]
    # A name that the generator had to make up.
    assert not [name for name in found if re.search(r"\d{3}Response|Inline|Inner|OneOf", name)]


def test_kotlin(tmp_path: Path) -> None:
    generate_kotlin(tmp_path / "kotlin")
    check(tmp_path / "kotlin", "kt", r"\bfun (\w+)\(")


def test_swift(tmp_path: Path) -> None:
    generate_swift(tmp_path / "swift")
    check(tmp_path / "swift", "swift", r"open class func (\w+)\(")


def test_unknown_client_is_refused() -> None:
    with pytest.raises(SystemExit) as refusal:
        main(["cobol"])
    assert refusal.value.code == 2
    assert set(GENERATORS) == {"python", "typescript", "kotlin", "swift"}
