"""Explains values that do not fit: every fault at once, in the words of the API."""

import difflib
import types
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
from msgspec import inspect

from api.http.bodies import UNUSABLE

MAX_FAULTS = 20
"""Faults that an answer lists; a body can have any number."""
MAX_SHOWN_CHARS = 64

Found = tuple[tuple[str | int, ...], str]
"""Where a fault is in a body, and what it is."""

_KINDS: dict[type, str] = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


def explain_text(values: list[Any], expected: Any, example: object = None) -> str | None:
    """Explain what is wrong with the values of a parameter; None if nothing is."""
    if _fits(values, expected) or _fits(values[-1], expected):
        return None
    return f"must be {_describe(inspect.type_info(expected), example, is_text=True)}"


def explain_value(value: object, expected: Any) -> list[Found]:
    """Explain what is wrong with a JSON value; at most :data:`MAX_FAULTS` faults."""
    return list(islice(_walk(value, expected, ()), MAX_FAULTS))


def suggest(name: str, known: Iterable[str]) -> str:
    """Name the closest known name, as in ``; did you mean `limit`?``; empty if none is close."""
    close = difflib.get_close_matches(name[:MAX_SHOWN_CHARS], list(known), n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


def shorten(name: str) -> str:
    """Cut a name that a client made up."""
    return name if len(name) <= MAX_SHOWN_CHARS else f"{name[:MAX_SHOWN_CHARS]}…"


def without_annotations(expected: Any) -> Any:
    """Remove annotations of a type."""
    return get_args(expected)[0] if get_origin(expected) is Annotated else expected


def takes_several(expected: Any) -> bool:
    """Say whether a parameter of a type is a list, so that it may be repeated."""
    return get_origin(without_annotations(_plain(expected, []))) is list


def _walk(value: object, expected: Any, path: tuple[str | int, ...]) -> Iterator[Found]:
    plain = _plain(expected, value)
    if isinstance(value, dict) and isinstance(plain, type) and issubclass(plain, msgspec.Struct):
        found = _walk_fields(value, plain, path)
    elif isinstance(value, dict) and get_origin(plain) is dict:
        of_value = get_args(plain)[1]
        found = (one for key, part in value.items() for one in _walk(part, of_value, (*path, key)))
    elif isinstance(value, list) and get_origin(plain) is list:
        (of_item,) = get_args(plain)
        found = (
            one
            for index, part in enumerate(value)
            if not _fits(part, of_item)
            for one in _walk(part, of_item, (*path, index))
        )
    else:
        found = iter(())
    is_faulty_inside = False
    for one in found:
        is_faulty_inside = True
        yield one
    if not is_faulty_inside and not _fits(value, expected):
        yield path, _refusal(value, expected)


def _walk_fields(
    value: dict[str, Any], kind: type[msgspec.Struct], path: tuple[str | int, ...]
) -> Iterator[Found]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for name, field in fields.items():
        if name in value:
            yield from _walk(value[name], field.type, (*path, name))
        elif field.required:
            yield (*path, name), "is required"
    if kind.__struct_config__.forbid_unknown_fields:
        for name in (name for name in value if name not in fields):
            yield (*path, shorten(name)), f"is not a field here{suggest(name, fields)}"


def _refusal(value: object, expected: Any) -> str:
    text = f"must be {_describe(inspect.type_info(expected))}"
    got = _KINDS.get(type(value), "")
    is_number = isinstance(value, int | float) and "an integer" in text
    return text if is_number or got in text else f"{text}, not {got}"


def _fits(value: object, expected: Any) -> bool:
    """Try a value as Litestar does, which reads numbers from text in bodies too."""
    try:
        msgspec.convert(value, expected, strict=False, str_keys=True)
    except UNUSABLE:
        return False
    return True


def _plain(expected: Any, value: object) -> Any:
    """Remove annotations, and of several alternatives choose the one that a value is meant for."""
    origin = get_origin(expected)
    if origin is Annotated:
        return _plain(get_args(expected)[0], value)
    if origin in {Union, types.UnionType}:
        parts = [_plain(part, value) for part in get_args(expected)]
        wanted = (msgspec.Struct, dict) if isinstance(value, dict) else (list,)
        for part in parts:
            kind = get_origin(part) or part
            if isinstance(kind, type) and issubclass(kind, wanted):
                return part
    return expected


def _describe(info: inspect.Type, example: object = None, *, is_text: bool = False) -> str:
    """Say what a value must be, as in ``an integer from 1 to 100``."""
    match info:
        case inspect.Metadata(type=inner):
            return _describe(inner, example, is_text=is_text)
        case inspect.UnionType(types=kinds):
            words = [
                _describe(kind, example, is_text=is_text)
                for kind in kinds
                # A parameter is left out, it is never null. UNSET cannot be sent.
                if not isinstance(kind, inspect.CustomType)
                and not (is_text and isinstance(kind, inspect.NoneType))
            ]
            return " or ".join(dict.fromkeys(words))
        case inspect.IntType() | inspect.FloatType():
            kind = "an integer" if isinstance(info, inspect.IntType) else "a number"
            return kind + _range(info.ge, info.le)
        case inspect.StrType():
            return _describe_text(info, example)
        case inspect.BoolType():
            return "true or false"
        case inspect.NoneType():
            return "null"
        case inspect.DateTimeType():
            return "a time with its UTC offset, such as `2026-11-21T09:30:00Z`"
        case inspect.DateType():
            return "a date that exists, such as `2026-11-21`"
        case inspect.EnumType(cls=cls):
            return _one_of(member.value for member in cls)
        case inspect.LiteralType(values=values):
            return _one_of(values)
        case inspect.ListType():
            size = _size(info.min_length, info.max_length, "items")
            # Of a list in a body, the faults of each item are told.
            item = f", each {_describe(info.item_type, is_text=True)}" if is_text else ""
            return f"a list{size}{item}"
        case inspect.DictType():
            return "an object" + _size(info.min_length, info.max_length, "keys")
    return "an object"


def _describe_text(info: inspect.StrType, example: object) -> str:
    if info.pattern is not None and example is not None:
        return f"text of the form `{example}`"
    if info.pattern is not None:
        return "text that matches `{}`".format(info.pattern.replace(r"\Z", "$"))
    return "text" + _size(info.min_length, info.max_length, "characters")


def _range(least: float | None, most: float | None) -> str:
    if least is None:
        return "" if most is None else f" of at most {_number(most)}"
    return (
        f" of at least {_number(least)}"
        if most is None
        else (f" from {_number(least)} to {_number(most)}")
    )


def _number(value: float) -> str:
    return f"{int(value):,}" if value == int(value) else f"{value:,}"


def _size(least: int | None, most: int | None, of: str) -> str:
    if most is None:
        return f" of at least {least} {of}" if least else ""
    return f" of {least} to {most} {of}" if least else f" of at most {most} {of}"


def _one_of(values: Iterable[object]) -> str:
    quoted = [f"`{value}`" for value in values]
    return quoted[0] if len(quoted) == 1 else f"one of {', '.join(quoted)}"
