"""The OpenAPI document of the application, cleaned for client generators."""

import json
import re
from typing import Any

from litestar import Litestar

from api.contract.error_docs import describe_errors
from api.contract.portable_schemas import make_portable
from api.contract.schema_docs import describe_schemas
from api.contract.webhook_docs import describe_events

NULL = {"type": "null"}


def describe_api(app: Litestar) -> dict[str, Any]:
    """Describe an application, without examples of requests and answers."""
    document = app.openapi_schema.to_schema()
    schemas = document["components"]["schemas"]
    for path in document["paths"].values():
        for method, operation in path.items():
            _clean_operation(operation)
            if method == "head":
                _drop_bodies(operation)
    describe_events(document)
    describe_schemas(schemas)
    for schema in schemas.values():
        # A title repeats the name of the Python class.
        schema.pop("title", None)
        _unwrap_alternatives(schema)
    describe_errors(schemas)
    make_portable(document)
    return _rename_schemas(document)


def _clean_operation(operation: dict[str, Any]) -> None:
    if operation.get("security") == [{}]:
        # An empty list means that no key is needed, but Litestar drops it.
        operation["security"] = []
    for parameter in operation.get("parameters", []):
        _clean_parameter(parameter)
    responses = operation["responses"]
    # Litestar adds a 400 by itself, but an invalid value is a 422 in this service.
    if "application/json" in responses.get("400", {}).get("content", {}):
        del responses["400"]
    for response in responses.values():
        _mark_images(response.get("content", {}))


def _drop_bodies(operation: dict[str, Any]) -> None:
    """Leave out the bodies of answers: those to HEAD have none, and clients would parse them."""
    for response in operation["responses"].values():
        response.pop("content", None)


def _rename_schemas(document: dict[str, Any]) -> dict[str, Any]:
    """Rename JobView to Job, and Page of JobView to JobPage: generators make classes of these."""
    text = json.dumps(document)
    for name in document["components"]["schemas"]:
        page = re.fullmatch(r"(?:Counted)?Page_.*\.(\w+)View_", name)
        clean = f"{page[1]}Page" if page else name.removesuffix("View")
        text = re.sub(rf'"(#/components/schemas/)?{re.escape(name)}"', rf'"\g<1>{clean}"', text)
    renamed: dict[str, Any] = json.loads(text)
    return renamed


def _mark_images(contents: dict[str, Any]) -> None:
    """Declare images as bytes; Litestar declares them as text."""
    for media_type, content in contents.items():
        if media_type.startswith("image/") or media_type == "application/zip":
            content["schema"] = {"type": "string", "format": "binary"}


def _unwrap_alternatives(schema: dict[str, Any]) -> None:
    """Replace a list of one alternative by the alternative."""
    for part in schema.get("properties", {}).values():
        if len(part.get("oneOf", [])) == 1:
            part.update(part.pop("oneOf")[0])


def _clean_parameter(parameter: dict[str, Any]) -> None:
    """Remove null from an optional parameter: HTTP cannot transmit it."""
    schema = parameter["schema"]
    kinds = schema.get("oneOf", [])
    if NULL in kinds:
        others = [kind for kind in kinds if kind != NULL]
        del schema["oneOf"]
        schema.update(others[0] if len(others) == 1 else {"oneOf": others})
    if len(schema.get("allOf", [])) == 1:
        schema.update(schema.pop("allOf")[0])
    schema.pop("description", None)
    parameter.pop("examples", None)  # The schema has them, too.
    if not parameter.get("deprecated", True):
        del parameter["deprecated"]
