"""``python -m openapi.write_document [--check]``: write the contract from the code, or compare."""

import sys
from pathlib import Path

from api.app import create_app
from api.contract.document import contract_of
from api.settings import read_settings

DOCUMENT = Path(__file__).parent / "openapi.json"
# The contract does not depend on settings; nothing of this is reached or kept.
ANY_SETTINGS = {
    "MINILAB_MONGODB_URL": "mongodb://127.0.0.1:1",
    "MINILAB_REDIS_URL": "redis://127.0.0.1:1",
    "MINILAB_ADMIN_KEY": "x" * 32,
}


def main() -> int:
    """Write or check the document; 1 if the committed one is not what the code serves."""
    written = contract_of(create_app(read_settings(ANY_SETTINGS)))
    if "--check" not in sys.argv[1:]:
        DOCUMENT.write_bytes(written)
        return 0
    if DOCUMENT.exists() and DOCUMENT.read_bytes() == written:
        return 0
    sys.stderr.write("openapi/openapi.json is not what the code serves: run `make openapi`\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
