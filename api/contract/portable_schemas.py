"""Forms of schemas that every common generator of clients reads."""

from typing import Any

NULL = {"type": "null"}
MAX_INT32 = 2**31 - 1


def make_portable(document: dict[str, Any]) -> None:
    r"""Rewrite the schemas of a document in place; they admit the same values as before.

    - A value or null is a list of types: ``[string, null]`` in place of a union with null. A named
      schema or null stays a union, which has no other form.
    - A number is a ``double``. Without a format, generators choose a decimal.
    - An integer that may exceed 32 bits is an ``int64``.
    - A pattern ends with ``$``: ECMAScript, which JSON Schema follows, has no ``\Z``. In Python a
      ``$`` also admits a line end after the value.
    """
    _rewrite(document["components"]["schemas"], "")
    _rewrite(document["paths"], "")


def _rewrite(part: Any, name: str) -> None:
    """Rewrite all schemas in a part of the document; ``name`` is that of the nearest property."""
    if isinstance(part, list):
        for entry in part:
            _rewrite(entry, name)
    elif isinstance(part, dict):
        _join_null(part)
        _add_format(part, name)
        _end_pattern(part)
        for key, value in part.items():
            if key == "properties":
                for field, schema in value.items():
                    _rewrite(schema, field)
            elif key not in {"example", "examples", "default"}:
                _rewrite(value, name)


def _join_null(schema: dict[str, Any]) -> None:
    for union in ("oneOf", "anyOf"):
        kinds = schema.get(union)
        if isinstance(kinds, list) and NULL in kinds and len(kinds) == 2:
            (kind,) = (kind for kind in kinds if kind != NULL)
            if isinstance(kind.get("type"), str):
                del schema[union]
                schema.update({**kind, **schema, "type": [kind["type"], "null"]})


def _end_pattern(schema: dict[str, Any]) -> None:
    if isinstance(pattern := schema.get("pattern"), str):
        schema["pattern"] = pattern.replace(r"\Z", "$")


def _add_format(schema: dict[str, Any], name: str) -> None:
    kinds = schema.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if "number" in kinds:
        schema.setdefault("format", "double")
    elif "integer" in kinds:
        for bound in schema.keys() & {"minimum", "maximum"}:
            schema[bound] = int(schema[bound])
        if "bytes" in name.split("_") or schema.get("maximum", 0) > MAX_INT32:
            schema.setdefault("format", "int64")
