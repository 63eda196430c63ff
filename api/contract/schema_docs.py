"""Documentation of schemas: the docstrings of classes and fields in the code."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

import msgspec

from api.contract.common_fields import COMMON

_PACKAGES = ("api.", "domain.")


def describe_schemas(schemas: dict[str, Any]) -> None:
    """Add descriptions to schemas and their properties; existing descriptions stay."""
    kinds = {kind.__name__: kind for kind in _structs(msgspec.Struct)}
    for name, schema in schemas.items():
        kind = kinds.get(name)
        if kind is not None:
            if kind.__doc__:
                schema.setdefault("description", kind.__doc__)
            texts = _texts_of(kind)
            for field, part in schema.get("properties", {}).items():
                if field in texts:
                    part.setdefault("description", texts[field])
        for field, part in schema.get("properties", {}).items():
            if field in COMMON:
                part.setdefault("description", COMMON[field].description)
        if "description" in schema:
            schema["description"] = _unwrap(split_attributes(schema["description"])[0])


def _structs(kind: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for heir in kind.__subclasses__():
        if heir.__module__.startswith(_PACKAGES):
            yield heir
        yield from _structs(heir)


def _texts_of(kind: type[msgspec.Struct]) -> dict[str, str]:
    """Read the docstrings of the fields of a class and its base classes."""
    texts: dict[str, str] = {}
    for origin in reversed(kind.__mro__):
        if origin.__module__.startswith(_PACKAGES):
            texts |= _own_texts_of(origin)
    return texts


@cache
def _own_texts_of(kind: type) -> dict[str, str]:
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    _, texts = split_attributes(kind.__doc__ or "")
    statements = body.body if isinstance(body, ast.ClassDef) else []
    for field, below in pairwise(statements):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str() as text)),
            ):
                texts[name] = _unwrap(text)
    return texts


def split_attributes(text: str) -> tuple[str, dict[str, str]]:
    """Split the docstring of a class into its text and the texts of its attributes."""
    text, _, attributes = inspect.cleandoc(text).partition("\n\nAttributes:\n")
    entries = re.findall(r"^ {4}(\w+): (.*(?:\n {5,}.*)*)", attributes, re.MULTILINE)
    return text, {name: _unwrap(entry) for name, entry in entries}


def _unwrap(text: str) -> str:
    """Join the lines of each paragraph, and write code and null as Markdown and JSON do."""
    paragraphs = inspect.cleandoc(text).replace("``", "`").split("\n\n")
    unwrapped = "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
    return re.sub(r"\bNone\b", "null", unwrapped)
