"""The answer about the readiness, with details only for requests that may read them."""

from litestar import Response

from api.http.errors import status_of
from api.http.guards import sees_details
from api.monitoring.readiness import HealthChecks
from api.schemas.service import ReadinessView
from api.state import ApiRequest
from domain.errors.capacity import Unavailable


async def answer_readiness(
    request: ApiRequest, health_checks: HealthChecks
) -> Response[ReadinessView]:
    """Check all parts, and answer with the status of HTTP that fits the result."""
    view = await health_checks.run()
    status = 200 if view.status == "ready" else status_of(Unavailable())
    shown = view if await sees_details(request) else ReadinessView(view.status)
    return Response(shown, status_code=status)
