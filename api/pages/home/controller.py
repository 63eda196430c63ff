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
    """Show the home page to browsers; to other clients there is nothing here.

    Raises:
        NotFound: The client does not ask for HTML.
    """
    if not wants_page(request):
        raise NotFound("There is no such route.")
    view = await health_checks.run()
    return Template(
        "home/home.html", context={"is_ready": view.status == "ready", "version": VERSION}
    )
