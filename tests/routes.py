"""Every route of the service, read from the contract and from the application."""

import json
from typing import Any

from litestar import Litestar
from litestar.routes import HTTPRoute

from api.contract.config import DOCUMENT
from tests.webhooks import URL

Operation = dict[str, Any]
TUS_BYTES = "application/offset+octet-stream"

CONTRACT: dict[str, Any] = json.loads(DOCUMENT.read_text())
OPERATIONS: list[tuple[str, str, Operation]] = [
    (path, method.upper(), operation)
    for path, methods in CONTRACT["paths"].items()
    for method, operation in methods.items()
]
"""Path, method and description of each operation of the contract."""
BODIES: dict[str, dict[str, Any]] = {
    "createUploadLink": {"expires_in": 60},
    "retryDeadLetters": {"filter": {}},
    "discardDeadLetters": {"filter": {}},
    "createBatch": {"operation": "metadata"},
    "createWebhook": {"url": URL},
    "updateWebhook": {"note": "mine"},
    "updateJob": {"tags": ["mine"]},
    "updateImage": {"tags": ["mine"]},
    "setLabel": {"value": "daisy"},
    "setLabels": {"labels": [{"image_id": "none", "task": "flowers", "value": "daisy"}]},
    "redeliverFailed": {"since": "2026-01-01T00:00:00Z"},
}
"""JSON bodies that operations take from every caller."""
PATH_VALUES = {"task": "flowers", "version": "1"}
"""Values for the parts of paths that name no object of a user, and are no IDs."""


def required_headers(operation: Operation) -> dict[str, str]:
    """Give the headers that an operation must get, with the values of their examples."""
    parameters = operation.get("parameters", [])
    headers = {
        one["name"]: str(one["schema"]["examples"][0])
        for one in parameters
        if one["in"] == "header" and one.get("required")
    }
    if TUS_BYTES in operation.get("requestBody", {}).get("content", {}):
        headers["Content-Type"] = TUS_BYTES
    return headers


def routes_of(app: Litestar) -> list[tuple[str, str]]:
    """Give the path and the method of every route, those that the contract leaves out too."""
    return sorted(
        (route.path_format, method)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method in route.methods
        if method != "OPTIONS"
    )
