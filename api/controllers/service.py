"""Routes of the service itself: capabilities, health, metrics."""

from litestar import MediaType, Response, get
from litestar.di import NamedDependency

from api.answers.readiness import answer_readiness
from api.contract.route_docs import answer, only_problems
from api.http.auth import OPEN
from api.http.guards import SCOPES, metrics_readers
from api.http.inputs import ANY_QUERY
from api.monitoring.readiness import HealthChecks
from api.monitoring.service_metrics import ServiceMetrics, choose_format
from api.schemas.service import CapabilitiesView, HealthView, ReadinessView, view_capabilities
from api.state import ApiRequest

NO_KEY: list[dict[str, list[str]]] = [{}]


@get(
    "/v1/capabilities",
    operation_id="getCapabilities",
    tags=["service"],
    summary="Retrieve the capabilities",
    responses={200: answer(CapabilitiesView, "The capabilities.")}
    | only_problems(400, 401, 429, 503),
    opt={SCOPES: frozenset()},
)
async def get_capabilities(request: ApiRequest) -> CapabilitiesView:
    """Retrieves the formats that can be decoded, the operations, and the limits."""
    return view_capabilities(request.app.state.settings)


@get(
    "/healthz",
    operation_id="getHealth",
    tags=["service"],
    summary="Check that the process is alive",
    responses={200: answer(HealthView, "The process is alive.")},
    security=NO_KEY,
    opt={OPEN: True, ANY_QUERY: True},
)
async def get_health() -> HealthView:
    """Returns `ok` if the process is alive. Does not check its dependencies."""
    return HealthView("ok")


@get(
    "/readyz",
    operation_id="getReadiness",
    tags=["service"],
    summary="Check that the service is ready",
    security=NO_KEY,
    opt={OPEN: True, ANY_QUERY: True},
    responses={
        200: answer(ReadinessView, "All required parts are available."),
        503: answer(ReadinessView, "A required part is not available."),
    },
)
async def get_readiness(
    request: ApiRequest, health_checks: NamedDependency[HealthChecks]
) -> Response[ReadinessView]:
    """Reports whether MongoDB, Redis and a worker are available, and which is not.

    The status is public. The details are for requests from the machine of the service and
    for admin keys, unless the service is configured otherwise.
    """
    return await answer_readiness(request, health_checks)


@get(
    "/metrics",
    operation_id="getMetrics",
    tags=["service"],
    summary="Retrieve metrics",
    security=[{}, {"apiKey": []}],
    opt={OPEN: True, ANY_QUERY: True},
    responses={200: answer(str, "The metrics.", MediaType.TEXT)} | only_problems(401, 403, 429),
    guards=[metrics_readers],
)
async def get_metrics(
    request: ApiRequest, service_metrics: NamedDependency[ServiceMetrics]
) -> Response[bytes]:
    """Returns the metrics of this process, of all live workers and of the queue, for Prometheus.

    Responds in the OpenMetrics format if `Accept` asks for it. No metric names a user. Requests
    from the machine of the service need no key, others an admin key, unless the service is
    configured otherwise.
    """
    write, media_type = choose_format(request.headers.get("accept", ""))
    return Response(write(await service_metrics.page()), media_type=media_type)
