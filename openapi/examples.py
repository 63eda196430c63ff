"""Adds the examples of ``openapi/examples/`` to the contract.

A file holds one JSON value and is named by the operation and the status of the answer
(``createJob.202.json``), or by the operation and the word ``request`` (``createJob.request.json``).
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "examples"


def add_examples(document: dict[str, Any]) -> None:
    """Add every example to its operation.

    Raises:
        ValueError: A file belongs to no operation, or to no answer of its operation.
    """
    examples = {path.stem: json.loads(path.read_text()) for path in FOLDER.glob("*.json")}
    for name, contents, summary in _bodies(document):
        if name in examples:
            content = contents.get("application/json") or next(iter(contents.values()))
            example = {"value": examples.pop(name)}
            content["examples"] = {"example": example | ({"summary": summary} if summary else {})}
    if examples:
        raise ValueError(f"no operation has these bodies: {', '.join(sorted(examples))}")


def _bodies(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str | None]]:
    """Name the body of each request and answer, with its contents and its description."""
    for path in (*document["paths"].values(), *document["webhooks"].values()):
        for operation in path.values():
            name = operation["operationId"]
            if request := operation.get("requestBody"):
                yield f"{name}.request", request["content"], None
            for status, answer in operation["responses"].items():
                if contents := answer.get("content"):
                    yield f"{name}.{status}", contents, answer["description"]
