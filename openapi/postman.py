"""A Postman collection of all operations, with variables in place of keys and IDs.

Format: https://schema.postman.com/collection/json/v2.1.0/draft-07/docs/index.html
"""

import json
import re
import uuid
from typing import Any

from openapi.code_samples import ADDRESS
from openapi.example_requests import (
    BodyKind,
    ExampleRequest,
    Secret,
    example_requests,
)

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
VARIABLES = {
    Secret.KEY: ("key", "An API key; begin with that of an admin."),
    Secret.TOKEN: ("token", "The token of an upload link."),
}


def write_collection(document: dict[str, Any]) -> dict[str, Any]:
    """Write the collection of a contract: a folder for each tag; the same for the same contract."""
    folders: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in document["tags"]}
    values: dict[str, tuple[str, str]] = {
        "base_url": (ADDRESS, "Address of the service."),
        **{name: ("", text) for name, text in VARIABLES.values()},
    }
    for _, request in example_requests(document):
        folders[request.tag].append(_item(request))
        for name, value in request.path_values.items():
            values.setdefault(name, (value, f"Value of `{name}` in paths."))
    texts = {tag["name"]: tag["description"] for tag in document["tags"]}
    return {
        "info": {
            "_postman_id": str(uuid.uuid5(uuid.NAMESPACE_URL, document["info"]["title"])),
            "name": f"{document['info']['title']} {document['info']['version']}",
            "description": document["info"]["description"],
            "schema": SCHEMA,
        },
        "auth": _auth(Secret.KEY),
        "variable": [
            {"key": name, "value": value, "type": "string", "description": text}
            for name, (value, text) in values.items()
        ],
        "item": [
            {"name": tag, "description": texts[tag], "item": items}
            for tag, items in folders.items()
            if items
        ],
    }


def write_bytes(document: dict[str, Any]) -> bytes:
    """Write the collection as a file."""
    return json.dumps(write_collection(document), indent=1, ensure_ascii=False).encode() + b"\n"


def _item(request: ExampleRequest) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "method": request.method,
        "url": _url(request),
        "header": [{"key": one.name, "value": one.value} for one in request.headers],
        "description": request.description,
    }
    if request.secret is not Secret.KEY:
        asked["auth"] = _auth(request.secret)
    if request.kind is BodyKind.JSON:
        asked["header"] += [{"key": "Content-Type", "value": "application/json"}]
        text = json.dumps(request.body, indent=2, ensure_ascii=False)
        asked["body"] = {
            "mode": "raw",
            "raw": text,
            "options": {"raw": {"language": "json"}},
        }
    elif request.kind is BodyKind.FORM:
        parts = [{"key": "files", "type": "file", "src": name} for name in request.files]
        asked["body"] = {"mode": "formdata", "formdata": parts}
    elif request.kind is BodyKind.FILE:
        asked["header"] += [{"key": "Content-Type", "value": request.file_type}]
        asked["body"] = {"mode": "file", "file": {"src": request.files[0]}}
    return {"id": request.operation_id, "name": request.summary, "request": asked}


def _url(request: ExampleRequest) -> dict[str, Any]:
    """Write an address with Postman's variables; optional parameters are there, but disabled."""
    path = re.sub(r"{(\w+)}", r"{{\1}}", request.path)
    return {
        "raw": "{{base_url}}" + path + request.query_string,
        "host": ["{{base_url}}"],
        "path": path.strip("/").split("/"),
        "query": [
            {
                "key": one.name,
                "value": one.value,
                "description": one.description,
                "disabled": not one.is_required,
            }
            for one in request.query
        ],
    }


def _auth(secret: Secret) -> dict[str, Any]:
    if secret is Secret.NONE:
        return {"type": "noauth"}
    name, _ = VARIABLES[secret]
    return {
        "type": "bearer",
        "bearer": [{"key": "token", "value": f"{{{{{name}}}}}", "type": "string"}],
    }
