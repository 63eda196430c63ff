"""What the contract says of fields: the texts that stand under them in the code."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

import msgspec

_PACKAGES = ("api.", "domain.")


def describe_schemas(schemas: dict[str, Any]) -> None:
    """Add to schemas what is written of their classes and of the fields of these.

    Args:
        schemas: By name of the class; what they say already stays.
    """
    kinds = {kind.__name__: kind for kind in _structs(msgspec.Struct)}
    for name, schema in schemas.items():
        kind = kinds.get(name)
        if kind is None:
            continue
        if kind.__doc__:
            schema.setdefault("description", _unwrap(kind.__doc__))
        texts = _texts_of(kind)
        for field, part in schema.get("properties", {}).items():
            if field in texts:
                part.setdefault("description", texts[field])


def _structs(kind: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for heir in kind.__subclasses__():
        if heir.__module__.startswith(_PACKAGES):
            yield heir
        yield from _structs(heir)


def _texts_of(kind: type[msgspec.Struct]) -> dict[str, str]:
    """Read the texts under the fields of a class, and of those that it inherits from."""
    texts: dict[str, str] = {}
    for origin in reversed(kind.__mro__):
        if origin.__module__.startswith(_PACKAGES):
            texts |= _own_texts_of(origin)
    return texts


@cache
def _own_texts_of(kind: type) -> dict[str, str]:
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    texts = {}
    statements = body.body if isinstance(body, ast.ClassDef) else []
    for field, below in pairwise(statements):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str() as text)),
            ):
                texts[name] = _unwrap(text)
    return texts


def _unwrap(text: str) -> str:
    """Put the lines of each paragraph together."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
