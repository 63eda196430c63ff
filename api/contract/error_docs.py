"""The catalogue of error codes, for the contract and for docs/errors.md."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from api.http.errors import status_of
from domain.errors import access, capacity, files, requests
from domain.errors.base import ServiceError

ERROR_CODE = "ErrorCode"
GROUPS = {"Requests": requests, "Access": access, "Files": files, "Capacity": capacity}


class Documented(NamedTuple):
    """An error code."""

    code: str
    status: int
    title: str
    meaning: str


def catalogue() -> dict[str, list[Documented]]:
    """List the codes that clients meet, by group."""
    return {
        title: [
            _document(kind)
            for kind in vars(module).values()
            if isinstance(kind, type)
            and issubclass(kind, ServiceError)
            and kind.__module__ == module.__name__
            and not _meaning(kind).startswith("Base ")
        ]
        for title, module in GROUPS.items()
    }


def describe_errors(schemas: dict[str, Any]) -> None:
    """Add the schema of error codes, and refer to it from every field ``code``."""
    known = list(_codes())
    table = "".join(f"\n- `{one.code}`: {one.meaning}" for one in known)
    schemas[ERROR_CODE] = {
        "type": "string",
        "enum": [one.code for one in known],
        "description": "Stable code of an error, for programs. New codes may be added: treat an "
        f"unknown one by the HTTP status.\n{table}",
        "x-enum-descriptions": [one.meaning for one in known],
    }
    for schema in schemas.values():
        code = schema.get("properties", {}).get("code", {})
        if code.get("type") == "string":
            del code["type"]
            code["$ref"] = f"#/components/schemas/{ERROR_CODE}"


def _codes() -> Iterator[Documented]:
    for group in catalogue().values():
        yield from group
    yield _document(ServiceError)._replace(meaning="An error of the service, which was logged.")


def _document(kind: type[ServiceError]) -> Documented:
    return Documented(kind.code, status_of(kind()), kind.title, _meaning(kind))


def _meaning(kind: type[ServiceError]) -> str:
    return " ".join((kind.__doc__ or "").partition("\n\n")[0].split())
