"""The command ``python -m openapi.write_document [--check]``: writes or compares the contract.

A Postman collection is written from it.

A file of ``openapi/examples/`` holds one JSON value and is named by the operation and the status of
the answer (``createJob.202.json``), or by the operation and the word ``request``
(``createJob.request.json``).
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from api.app import create_app
from api.contract.config import DOCUMENT
from api.contract.document import describe_api
from api.settings import read_settings
from openapi.code_samples import add_code_samples
from openapi.parameter_order import keep_order
from openapi.postman import write_bytes
from openapi.property_examples import add_property_examples

COLLECTION = Path(__file__).parent / "postman.json"
EXAMPLES = Path(__file__).parent / "examples"
# The contract does not depend on settings, and no server is reached.
ANY_SETTINGS = {
    "MINILAB_MONGODB_URL": "mongodb://127.0.0.1:1",
    "MINILAB_REDIS_URL": "redis://127.0.0.1:1",
    "MINILAB_ADMIN_KEY": "x" * 32,
}


def contract() -> bytes:
    """Write the contract of the code as JSON, the same bytes for the same code and examples.

    The order of parameters is that of the committed contract.
    """
    document = describe_api(create_app(read_settings(ANY_SETTINGS)))
    if DOCUMENT.exists():
        keep_order(document, json.loads(DOCUMENT.read_bytes()))
    add_examples(document)
    add_code_samples(document)
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)
    return text.encode() + b"\n"


def add_examples(document: dict[str, Any]) -> None:
    """Add every example to its operation.

    Raises:
        ValueError: A file belongs to no operation, or to no answer of its operation.
    """
    examples = {path.stem: json.loads(path.read_text()) for path in EXAMPLES.glob("*.json")}
    for name, contents, summary in _bodies(document):
        if name in examples:
            content = contents.get("application/json") or next(iter(contents.values()))
            example = {"value": examples.pop(name)}
            content["examples"] = {"example": example | ({"summary": summary} if summary else {})}
    add_property_examples(document, _examples(document))
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


def _examples(document: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Any]]:
    """Yield the schema and the value of each example."""
    for _, contents, _ in _bodies(document):
        for content in contents.values():
            for example in content.get("examples", {}).values():
                yield content["schema"], example["value"]


def main() -> int:
    """Write or check the files; return 1 if a committed one differs from the code."""
    document = contract()
    differs = 0
    for path, written in ((DOCUMENT, document), (COLLECTION, write_bytes(json.loads(document)))):
        if "--check" not in sys.argv[1:]:
            path.write_bytes(written)
        elif not path.exists() or path.read_bytes() != written:
            sys.stderr.write(f"openapi/{path.name} differs from the code: run `make openapi`\n")
            differs = 1
    return differs


if __name__ == "__main__":
    sys.exit(main())
