"""The contract as it is served and committed: what Litestar describes, cleaned for generators."""

import json
import re
from typing import Any

from litestar import Litestar, Request, Response, get

from api.contract.route_docs import NULL_MARK
from api.contract.schema_docs import describe_schemas
from api.contract.webhook_docs import describe_events
from api.http.auth import OPEN

NULL = {"type": "null"}
LIVE_EVENT = "JobEvent"


def contract_of(app: Litestar) -> bytes:
    """Write the OpenAPI document of an application.

    Args:
        app: The application.

    Returns:
        JSON, sorted and indented: the same bytes for the same code.
    """
    document = app.openapi_schema.to_schema()
    for path in document["paths"].values():
        for operation in path.values():
            if operation.get("security") == [{}]:
                # Litestar drops an empty list, which is how to say that no key is needed.
                operation["security"] = []
            for parameter in operation.get("parameters", []):
                _clean_parameter(parameter)
            for content in operation.get("requestBody", {}).get("content", {}).values():
                _lift_examples(content)
            _drop_undocumented(operation["responses"])
            for response in operation["responses"].values():
                _mark_pictures(response.get("content", {}))
                _name_live_events(response.get("content", {}), document["components"]["schemas"])
    describe_events(document)
    describe_schemas(document["components"]["schemas"])
    for schema in document["components"]["schemas"].values():
        # A title repeats the name, as Python writes it.
        schema.pop("title", None)
        _unwrap_alternatives(schema)
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)
    text = text.replace(f'"{NULL_MARK}"', "null")
    return _rename_schemas(text, document["components"]["schemas"]).encode() + b"\n"


def _rename_schemas(text: str, schemas: dict[str, Any]) -> str:
    """Call a JobView a Job, and a Page of JobView a JobPage: generators make classes of these."""
    for name in schemas:
        page = re.fullmatch(r"Page_.*\.(\w+)View_", name)
        clean = f"{page[1]}Page" if page else name.removesuffix("View")
        text = re.sub(rf'"(#/components/schemas/)?{re.escape(name)}"', rf'"\g<1>{clean}"', text)
    return text


def _lift_examples(content: dict[str, Any]) -> None:
    """Put the examples of a body where generators and readers look for them."""
    schema = content["schema"]
    if "allOf" in schema:
        (content["schema"],) = schema["allOf"]
        examples = enumerate(schema.get("examples", []), 1)
        content["examples"] = {f"example-{number}": {"value": value} for number, value in examples}


def _mark_pictures(contents: dict[str, Any]) -> None:
    """Say that pictures are bytes, which Litestar takes for text."""
    for media_type, content in contents.items():
        if media_type.startswith("image/"):
            content["schema"] = {"type": "string", "format": "binary"}


def _name_live_events(contents: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Give what a stream of events holds a name, which generators would make up otherwise."""
    stream = contents.get("text/event-stream", {})
    if "oneOf" in stream.get("schema", {}):
        schemas[LIVE_EVENT] = stream["schema"]
        stream["schema"] = {"$ref": f"#/components/schemas/{LIVE_EVENT}"}


def _drop_undocumented(responses: dict[str, Any]) -> None:
    """Drop the 400 that Litestar adds by itself: a value that cannot be used is a 422 here."""
    if "application/json" in responses.get("400", {}).get("content", {}):
        del responses["400"]


def _unwrap_alternatives(schema: dict[str, Any]) -> None:
    """Write a property that may be absent, and has one kind of value, as that kind."""
    for part in schema.get("properties", {}).values():
        if len(part.get("oneOf", [])) == 1:
            part.update(part.pop("oneOf")[0])


def _clean_parameter(parameter: dict[str, Any]) -> None:
    """A parameter that may be left out is never null: HTTP has no way to write that."""
    schema = parameter["schema"]
    kinds = schema.get("oneOf", [])
    if NULL in kinds:
        others = [kind for kind in kinds if kind != NULL]
        del schema["oneOf"]
        schema.update(others[0] if len(others) == 1 else {"oneOf": others})
    if len(schema.get("allOf", [])) == 1:
        schema.update(schema.pop("allOf")[0])
    schema.pop("description", None)
    if not parameter.get("deprecated", True):
        del parameter["deprecated"]


@get("/openapi.json", include_in_schema=False, opt={OPEN: True}, sync_to_thread=False)
def get_contract(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Serve the contract."""
    state = request.app.state
    if "contract" not in state:  # It never changes, and takes long to write.
        state.contract = contract_of(request.app)
    return Response(state.contract, media_type="application/json")
