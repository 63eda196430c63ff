"""The readiness of each part of the service."""

from litestar import get
from litestar.di import NamedDependency
from litestar.response import Template

from api.monitoring.readiness import HealthChecks


@get("/health")
async def show_health(health_checks: NamedDependency[HealthChecks]) -> Template:
    """Show each part, with what to do about one that is not ready."""
    return Template("admin/health.html", context={"view": await health_checks.run()})


ROUTES = (show_health,)
