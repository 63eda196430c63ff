"""The fields of a settings struct, as the reference pages show them."""

import inspect
import re
import types
from collections.abc import Iterator
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from domain.settings import PREFIX

# These follow from the machine that reads them.
DEFAULTS = {"worker_children": "the number of CPUs"}
UNITS = {"seconds": "s", "bytes": "bytes", "px": "px", "pixels": "pixels", "chars": "characters"}
_ATTRIBUTE = re.compile(r"^ {4}(\w+): (.+)$")
_CONTINUATION = re.compile(r"^ {8}(\S.*)$")


class Setting(msgspec.Struct, frozen=True):
    """One field of a settings struct.

    Attributes:
        name: Of the field.
        default: The value; None if there is none, `msgspec.NODEFAULT` if one is required.
        unit: As in ``bytes``; empty if the meaning says it.
        allowed: Its values or bounds; empty if any is allowed.
        meaning: One or more sentences in Markdown.
    """

    name: str
    default: Any
    unit: str
    allowed: str
    meaning: str

    @property
    def variable(self) -> str:
        """The environment variable."""
        return PREFIX + self.name.upper()


def settings_of(kind: type[msgspec.Struct]) -> Iterator[Setting]:
    """Read the fields of a struct and what its docstring says about them.

    Args:
        kind: A struct whose docstring has a section ``Attributes``.

    Yields:
        The fields, in their order.

    Raises:
        KeyError: The docstring leaves a field out.
    """
    meanings = _meanings(kind)
    for field in msgspec.structs.fields(kind):
        yield Setting(
            field.name, field.default, _unit(field.name), _allowed(field.type), meanings[field.name]
        )


def shown_default(setting: Setting) -> str:
    """Write the default for the page of settings."""
    if setting.name in DEFAULTS:
        return DEFAULTS[setting.name]
    value = setting.default
    if value is msgspec.NODEFAULT:
        return "required"
    if value is None or value == "":
        return ""
    if isinstance(value, Enum):
        value = value.value
    return f"`{str(value).lower()}`" if isinstance(value, bool | str) else f"{value:.15g}"


def _meanings(kind: type[msgspec.Struct]) -> dict[str, str]:
    _, _, section = inspect.getdoc(kind).partition("Attributes:\n")  # type: ignore[union-attr]
    meanings: dict[str, str] = {}
    for line in section.splitlines():
        if found := _ATTRIBUTE.match(line):
            name = found[1]
            meanings[name] = found[2]
        elif found := _CONTINUATION.match(line):
            meanings[name] += " " + found[1]
    return {name: text.replace("``", "`") for name, text in meanings.items()}


def _unit(name: str) -> str:
    if found := re.search(r"_(\w+)_per_second$", name):
        return f"{found[1].split('_')[-1]}/s"
    return next((unit for word, unit in UNITS.items() if word in name.split("_")), "")


def _allowed(kind: Any) -> str:
    origin = get_origin(kind)
    if origin is Annotated:
        inner, *metas = get_args(kind)
        return next((text for meta in metas if (text := _bounds(meta))), _allowed(inner))
    if origin in {Union, types.UnionType}:
        return " or ".join(text for part in get_args(kind) if (text := _allowed(part)))
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ", ".join(f"`{value.value}`" for value in kind)
    return "`true`, `false`" if kind is bool else ""


def _bounds(meta: msgspec.Meta) -> str:
    if meta.ge is not None and meta.le is not None:
        return f"{meta.ge:g} to {meta.le:.15g}"
    if meta.ge is not None:
        return f"{meta.ge:g} or more"
    return "" if meta.gt is None else f"more than {meta.gt:g}"
