"""The page of the contract."""

from typing import Any, cast

from litestar import Request
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.plugins.jinja import JinjaTemplateEngine


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
        engine = cast("JinjaTemplateEngine", request.app.template_engine)
        return engine.get_template("docs/docs.html").render().encode()
