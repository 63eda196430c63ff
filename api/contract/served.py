"""Serves the committed contract at ``/openapi.json``, and its page at ``/docs``."""

import functools
import json
from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.openapi.plugins import SwaggerRenderPlugin

from api.http.auth import OPEN

DOCUMENT = Path(__file__).parents[2] / "openapi" / "openapi.json"


@functools.cache
def read_contract() -> bytes:
    """Read the committed contract.

    Raises:
        OSError: The file is missing.
    """
    return DOCUMENT.read_bytes()


@get("/openapi.json", include_in_schema=False, opt={OPEN: True}, sync_to_thread=False)
def get_contract() -> Response[bytes]:
    """Serve the contract."""
    return Response(read_contract(), media_type="application/json")


class ContractPage(SwaggerRenderPlugin):
    """Swagger UI, served from this host, with the committed contract."""

    def __init__(self) -> None:
        super().__init__(
            path="/",
            js_url="/docs/assets/swagger-ui-bundle.js",
            css_url="/docs/assets/swagger-ui.css",
            standalone_preset_js_url="/docs/assets/swagger-ui-bundle.js",
            favicon='<link rel="icon" href="data:,">',
        )

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Render the page with the contract in place of Litestar's own document."""
        return super().render(request, json.loads(read_contract()))
