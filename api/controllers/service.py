"""The service itself: what it can do, and how it is."""

import msgspec
from litestar import MediaType, Response, get

from api.contract.examples import (
    EXAMPLE_CAPABILITIES,
    EXAMPLE_HEALTH,
    EXAMPLE_METRICS,
    EXAMPLE_NOT_READY,
    EXAMPLE_READY,
)
from api.contract.route_docs import answer, problems
from api.http.auth import OPEN, find_caller
from api.monitoring.readiness import PartStatus, PartView
from api.monitoring.service_metrics import choose_format
from api.schemas.service import CapabilitiesView, view_capabilities
from api.state import ApiRequest
from domain.errors.access import Forbidden

NO_KEY: list[dict[str, list[str]]] = [{}]
REQUIRED_PARTS = ("mongodb", "redis", "worker")


class HealthView(msgspec.Struct, frozen=True):
    """The process lives."""

    status: str


class ReadinessView(msgspec.Struct, frozen=True):
    """Which parts are there."""

    status: str
    """`ready` or `not_ready`."""
    parts: dict[str, bool]
    """What it takes to be ready: MongoDB takes writes, Redis answers, a worker lives."""
    workers: int
    details: dict[str, PartView]
    """How each of these stands, and `disk` and `backlog`, which say whether uploads are taken, and
    `webhooks`, which says whether they are delivered."""


@get(
    "/v1/capabilities",
    operation_id="getCapabilities",
    tags=["service"],
    summary="What it can do",
    responses={
        200: answer(CapabilitiesView, "What it can do.", EXAMPLE_CAPABILITIES),
        **problems(401, 503),
    },
)
async def get_capabilities(request: ApiRequest) -> CapabilitiesView:
    """Read which formats can be decoded, which operations there are, and the limits."""
    return view_capabilities(request.app.state.settings)


@get(
    "/healthz",
    operation_id="getHealth",
    tags=["service"],
    summary="Does it live?",
    responses={200: answer(HealthView, "It lives.", EXAMPLE_HEALTH)},
    security=NO_KEY,
    opt={OPEN: True},
)
async def get_health() -> HealthView:
    """Answer, which shows that the process lives; it says nothing of its parts."""
    return HealthView("ok")


@get(
    "/readyz",
    operation_id="getReadiness",
    tags=["service"],
    summary="Can it work?",
    security=NO_KEY,
    opt={OPEN: True},
    responses={
        200: answer(ReadinessView, "All parts are there.", EXAMPLE_READY),
        503: answer(ReadinessView, "A part is missing.", EXAMPLE_NOT_READY),
    },
)
async def get_readiness(request: ApiRequest) -> Response[ReadinessView]:
    """Say whether MongoDB, Redis and a worker are there, and which is not."""
    details, workers = await request.app.state.parts.look()
    parts = {name: details[name].status is PartStatus.OK for name in REQUIRED_PARTS}
    ready = all(parts.values())
    view = ReadinessView("ready" if ready else "not_ready", parts, workers, details)
    return Response(view, status_code=200 if ready else 503)


@get(
    "/metrics",
    operation_id="getMetrics",
    tags=["service"],
    summary="How much, how often, how long",
    security=[{}, {"apiKey": []}],
    opt={OPEN: True},
    responses={
        200: answer(str, "The metrics.", EXAMPLE_METRICS, MediaType.TEXT),
        **problems(401, 403),
    },
)
async def get_metrics(request: ApiRequest) -> Response[bytes]:
    """Read the metrics of this process, of all live workers and of the queue, for Prometheus.

    OpenMetrics where `Accept` asks for it. They name no tenant. Open to all unless the service
    was told otherwise; then an admin key is wanted.
    """
    state = request.app.state
    if not state.settings.api.metrics_open:
        header = request.headers.get("authorization", "")
        caller = await find_caller(header, state.admin_key_hash, state.stores.api_keys)
        if not caller.is_admin:
            raise Forbidden("This route wants an admin key.")
    write, media_type = choose_format(request.headers.get("accept", ""))
    return Response(write(await state.service_metrics.page()), media_type=media_type)
