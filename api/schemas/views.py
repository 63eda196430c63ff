"""Conversion of records into the structs of answers."""

from typing import Any, TypeVar

import msgspec

ViewT = TypeVar("ViewT", bound=msgspec.Struct)


def view_of(kind: type[ViewT], record: object, **fields: Any) -> ViewT:
    """Copy fields of the same name from a record to its view; the given fields differ."""
    for name in kind.__struct_fields__:
        if name not in fields:
            fields[name] = getattr(record, name)
    return kind(**fields)
