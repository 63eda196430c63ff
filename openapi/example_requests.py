"""The request of each operation, as the examples of the contract show it."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, NamedTuple

METHODS = ("get", "head", "post", "put", "patch", "delete")


class BodyKind(StrEnum):
    """The form of a body."""

    NONE = "none"
    JSON = "json"
    FORM = "form"
    FILE = "file"


# The first that an operation takes is shown.
KINDS = {
    "multipart/form-data": BodyKind.FORM,
    "application/json": BodyKind.JSON,
    "application/octet-stream": BodyKind.FILE,
    "application/offset+octet-stream": BodyKind.FILE,
}
FILE = "portrait.jpg"
# Where any type of picture is taken.
FILE_TYPES = {"application/octet-stream": "image/jpeg"}


class Secret(StrEnum):
    """The secret that a request shows in its Authorization header."""

    NONE = "none"
    KEY = "MINILAB_KEY"
    TOKEN = "MINILAB_TOKEN"  # noqa: S105 -- the name of a variable


class Field(NamedTuple):
    """A parameter of the query, a header, or a field of a form."""

    name: str
    value: str
    description: str
    is_required: bool


class ExampleRequest(NamedTuple):
    """A request of an operation.

    Attributes:
        path: With ``{placeholders}``; their values are in ``path_values``.
        headers: Those that are required.
        file_type: The Content-Type of a file that is the body.
        files: Names of the files of a form, or of the file that is the body.
        body: The JSON body.
        is_picture: Whether the answer is a picture.
    """

    operation_id: str
    tag: str
    summary: str
    description: str
    method: str
    path: str
    path_values: dict[str, str]
    query: list[Field]
    headers: list[Field]
    secret: Secret
    kind: BodyKind
    file_type: str
    files: list[str]
    body: Any
    is_picture: bool

    @property
    def example_path(self) -> str:
        """The path with the values of the examples."""
        return self.path.format_map(self.path_values)

    @property
    def query_string(self) -> str:
        """The required parameters of the query, after a question mark; empty if there are none."""
        required = "&".join(f"{one.name}={one.value}" for one in self.query if one.is_required)
        return f"?{required}" if required else ""


def example_requests(document: dict[str, Any]) -> Iterator[tuple[dict[str, Any], ExampleRequest]]:
    """Yield each operation of a contract with its request."""
    default = document.get("security", [])
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method in METHODS:
                yield operation, _read(path, method, operation, default)


def _read(
    path: str, method: str, operation: dict[str, Any], default: list[dict[str, Any]]
) -> ExampleRequest:
    parameters = operation.get("parameters", [])
    body = operation.get("requestBody", {})
    content = body.get("content", {}) if body.get("required") else {}
    form = content.get("multipart/form-data")
    kind = next(
        (kind for media_type, kind in KINDS.items() if media_type in content), BodyKind.NONE
    )
    return ExampleRequest(
        operation_id=operation["operationId"],
        tag=operation["tags"][0],
        summary=operation["summary"],
        description=operation["description"],
        method=method.upper(),
        path=path,
        path_values={one["name"]: _value(one) for one in parameters if one["in"] == "path"},
        query=_fields(parameters, "query"),
        headers=[one for one in _fields(parameters, "header") if one.is_required],
        secret=_secret(operation.get("security", default)),
        kind=kind,
        file_type=next((FILE_TYPES.get(name, name) for name in content), ""),
        files=_example(form)["files"] if form else [FILE] if kind is BodyKind.FILE else [],
        body=_example(content["application/json"]) if kind is BodyKind.JSON else None,
        is_picture="image/*" in operation["responses"].get("200", {}).get("content", {}),
    )


def _fields(parameters: list[dict[str, Any]], place: str) -> list[Field]:
    return [
        Field(one["name"], _value(one), one["description"], one.get("required", False))
        for one in parameters
        if one["in"] == place
    ]


def _secret(security: list[dict[str, Any]]) -> Secret:
    named = {name for way in security for name in way}
    if named == {"linkToken"}:
        return Secret.TOKEN
    return Secret.KEY if named else Secret.NONE


def _value(parameter: dict[str, Any]) -> str:
    value = parameter["schema"]["examples"][0]
    if isinstance(value, list):
        value = value[0]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _example(content: dict[str, Any]) -> Any:
    return next(iter(content["examples"].values()))["value"]
