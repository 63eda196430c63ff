"""The home page."""

from litestar import get
from litestar.di import NamedDependency
from litestar.response import Template

from api.monitoring.readiness import HealthChecks
from api.pages.errors import wants_page
from api.state import ApiRequest
from domain.errors.access import NotFound
from domain.version import VERSION


@get("/")
async def show_home(request: ApiRequest, health_checks: NamedDependency[HealthChecks]) -> Template:
    """Show the home page.

    Raises:
        NotFound: The client takes no HTML.
    """
    takes_any = "*/*" in request.headers.get("accept", "*/*")
    if not (takes_any or wants_page(request)):
        raise NotFound("There is no such route.")
    view = await health_checks.run()
    return Template(
        "home/home.html", context={"is_ready": view.status == "ready", "version": VERSION}
    )
