"""The order of an operation's parameters: those of the committed contract first, new ones last.

Generated clients take parameters by position. A parameter that gets a place between others would
give values to the wrong ones.
"""

from collections.abc import Iterator
from typing import Any


def keep_order(document: dict[str, Any], committed: dict[str, Any]) -> None:
    """Sort the parameters of each operation as in the committed contract, then as in the code."""
    known = {operation["operationId"]: _places(operation) for operation in _operations(committed)}
    for operation in _operations(document):
        places = known.get(operation["operationId"], {})
        if parameters := operation.get("parameters"):
            parameters.sort(key=lambda one: places.get((one["in"], one["name"]), len(places)))


def _places(operation: dict[str, Any]) -> dict[tuple[str, str], int]:
    named = [(one["in"], one["name"]) for one in operation.get("parameters", [])]
    return {name: place for place, name in enumerate(named)}


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and "operationId" in operation:
                yield operation
