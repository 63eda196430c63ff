"""The command ``python -m openapi.write_document [--check]``: writes or compares the contract."""

import json
import sys

from api.app import create_app
from api.contract.config import DOCUMENT
from api.contract.document import describe_api
from api.settings import read_settings
from openapi.examples import add_examples

# The contract does not depend on settings, and no server is reached.
ANY_SETTINGS = {
    "MINILAB_MONGODB_URL": "mongodb://127.0.0.1:1",
    "MINILAB_REDIS_URL": "redis://127.0.0.1:1",
    "MINILAB_ADMIN_KEY": "x" * 32,
}


def contract() -> bytes:
    """Write the contract of the code as JSON, the same bytes for the same code and examples."""
    document = describe_api(create_app(read_settings(ANY_SETTINGS)))
    add_examples(document)
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)
    return text.encode() + b"\n"


def main() -> int:
    """Write or check the document; return 1 if the committed one differs from the code."""
    written = contract()
    if "--check" not in sys.argv[1:]:
        DOCUMENT.write_bytes(written)
        return 0
    if DOCUMENT.exists() and DOCUMENT.read_bytes() == written:
        return 0
    sys.stderr.write("openapi/openapi.json differs from the code: run `make openapi`\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
