"""The page of the contract."""

from typing import Any

from litestar import Request
from litestar.openapi.plugins import OpenAPIRenderPlugin

from api.pages.templating import render


class ContractPage(OpenAPIRenderPlugin):
    """Swagger UI, with the committed contract.

    Litestar's own page has inline scripts and styles, which no strict policy allows.
    """

    def __init__(self) -> None:
        super().__init__(path="/")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Return the page, which reads the contract itself.

        Raises:
            Unavailable: Swagger UI is not installed.
        """
        return render(request, "docs/docs.html")
