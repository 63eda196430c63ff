"""The contract has only names and forms that every common generator of clients reads."""

import json
from collections.abc import Iterator
from typing import Any

from api.contract.config import DOCUMENT

CONTRACT: dict[str, Any] = json.loads(DOCUMENT.read_text())
SCHEMAS: dict[str, Any] = CONTRACT["components"]["schemas"]
NULL = {"type": "null"}


def parts(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every object of the contract with its path, without the values of examples."""
    if isinstance(value, dict):
        yield path, value
        for key, part in value.items():
            if key not in {"example", "examples"}:
                yield from parts(part, f"{path}/{key}")
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from parts(part, f"{path}/{number}")


def typed(kind: str) -> list[tuple[str, dict[str, Any]]]:
    """Give every schema that admits a type."""
    found = []
    for path, schema in parts(CONTRACT):
        kinds = schema.get("type")
        if kind == kinds or (isinstance(kinds, list) and kind in kinds):
            found.append((path, schema))
    assert found
    return found


def test_no_name_is_that_of_a_constructor() -> None:
    """In Go, ``NewWebhook`` is the function that makes a ``Webhook``."""
    assert [name for name in SCHEMAS if name.startswith("New")] == []


def test_names_differ_by_more_than_case_and_underscores() -> None:
    """Names of files and modules do not keep these."""
    names = {name.lower().replace("_", "") for name in SCHEMAS}
    assert len(names) == len(SCHEMAS)


def test_a_union_is_a_named_schema_or_null() -> None:
    """Other unions become a type of its own in each language, or none at all."""
    unions = [
        (path, schema.get("oneOf") or schema.get("anyOf") or [])
        for path, schema in parts(CONTRACT)
        if path and {"oneOf", "anyOf"} & schema.keys()
    ]
    assert unions
    for path, kinds in unions:
        others = [kind for kind in kinds if kind != NULL]
        assert len(kinds) == 2, path
        assert [list(kind) for kind in others] == [["$ref"]], path


def test_a_list_of_types_is_one_type_or_null() -> None:
    for path, schema in parts(CONTRACT):
        if isinstance(kinds := schema.get("type"), list):
            assert (len(kinds), kinds[1]) == (2, "null"), path


def test_every_choice_is_a_named_schema() -> None:
    """Generators make up a name for others, and one for each use."""
    choices = {path for path, schema in parts(CONTRACT) if isinstance(schema.get("enum"), list)}
    assert choices == {
        f"/components/schemas/{name}" for name, schema in SCHEMAS.items() if "enum" in schema
    }


def test_every_number_is_a_double() -> None:
    """Some generators make a decimal of a number without a format."""
    assert {schema["format"] for _, schema in typed("number")} == {"double"}


def test_integers_that_exceed_32_bits_say_so() -> None:
    for path, schema in typed("integer"):
        name = next(part for part in reversed(path.split("/")) if part not in {"items", "schema"})
        if "bytes" in name.split("_") or schema.get("maximum", 0) >= 2**31:
            assert schema.get("format") == "int64", path
        for bound in schema.keys() & {"minimum", "maximum", "default"}:
            assert isinstance(schema[bound], int), path


def test_lists_of_files_have_no_minimum() -> None:
    """The check that is generated for it does not compile in Go."""
    files = [
        schema
        for _, schema in parts(CONTRACT)
        if isinstance(schema.get("items"), dict) and schema["items"].get("format") == "binary"
    ]
    assert files
    assert [schema for schema in files if "minItems" in schema] == []
