"""Examples of properties, taken from the examples of requests and answers."""

from collections.abc import Iterator
from typing import Any

from api.contract.common_fields import COMMON

MAX_ITEMS = 8
"""Longer lists, such as histograms, are only shown in the examples of answers."""

Schema = dict[str, Any]
Found = dict[tuple[str, str], Any]
"""Examples by schema and field."""


def add_property_examples(document: Schema, bodies: Iterator[tuple[Schema, Any]]) -> None:
    """Give each property of each schema an example.

    Args:
        document: The contract.
        bodies: Schemas, and values that fit them.
    """
    schemas = document["components"]["schemas"]
    found: Found = {}
    for schema, value in bodies:
        _collect(schema, value, schemas, found)
    by_name = {
        field: value for (_, field), value in reversed(found.items()) if not isinstance(value, dict)
    }
    for name, schema in [*schemas.items(), *_forms(document)]:
        for field, part in schema.get("properties", {}).items():
            common = COMMON.get(f"{name}.{field}") or COMMON.get(field)
            value = found.get((name, field), common and common.example)
            value = by_name.get(field) if value is None else value
            if value is not None and "const" not in part and is_shown(part, schemas):
                part.setdefault("examples", [value])


def _forms(document: Schema) -> Iterator[tuple[str, Schema]]:
    """Yield the schemas of forms, which have no name."""
    for path in document["paths"].values():
        for operation in path.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                yield "", content["schema"]


def is_shown(part: Schema, schemas: Schema) -> bool:
    """Return whether a property has an example of its own, rather than those of its properties."""
    target = _resolve(part, schemas)
    if "properties" in target or "additionalProperties" in target:
        return False
    if target.get("minItems", 0) > MAX_ITEMS or target.get("format") == "binary":
        return False
    inner = [*target.get("oneOf", ()), *([target["items"]] if "items" in target else ())]
    return all(is_shown(one, schemas) for one in inner)


def _collect(schema: Schema, value: Any, schemas: Schema, found: Found) -> None:
    name = schema.get("$ref", "").rpartition("/")[2]
    target = _resolve(schema, schemas)
    for choice in target.get("oneOf", ()):
        _collect(choice, value, schemas, found)
    if isinstance(value, list):
        for item in value:
            _collect(target.get("items", {}), item, schemas, found)
    if isinstance(value, dict):
        properties = target.get("properties", {})
        for field, part in value.items():
            inner = properties.get(field, target.get("additionalProperties"))
            if field in properties and part is not None and part != []:
                found.setdefault((name, field), part)
            if isinstance(inner, dict):
                _collect(inner, part, schemas, found)


def _resolve(schema: Schema, schemas: Schema) -> Schema:
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    return schema
