"""The API's composition root: settings, stores, children, routes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress

import structlog
from litestar import Litestar
from litestar.middleware import DefineMiddleware
from litestar.types import ASGIApp

from api.admission.admission import Admission
from api.admission.load_watch import LoadWatch
from api.contract.config import get_contract, openapi_config
from api.controllers.access import KeyController, UploadLinkController
from api.controllers.analytics import (
    get_median_histogram,
    get_statistics,
    list_similar,
    list_user_histograms,
)
from api.controllers.archives import ArchiveController
from api.controllers.audit import list_audit
from api.controllers.batches import BatchController
from api.controllers.dead_letters import DeadLetterController
from api.controllers.images import ImageController
from api.controllers.job_events import JobEventController, stream_signed_events
from api.controllers.jobs import JobController
from api.controllers.labels import LabelController
from api.controllers.link_results import get_link_result
from api.controllers.link_uploads import LinkUploadController
from api.controllers.models import ModelController
from api.controllers.resumable_uploads import ResumableUploadController
from api.controllers.service import get_capabilities, get_health, get_metrics, get_readiness
from api.controllers.signed_urls import get_signed_content
from api.controllers.uploads import UploadController, detect_faces
from api.controllers.users import delete_user
from api.controllers.webhooks import WebhookController
from api.dependencies import provide
from api.http.auth import OPEN, BearerAuthentication
from api.http.compression import Compression
from api.http.cross_origin import AllowedOrigins, CrossOrigin
from api.http.guards import has_scopes
from api.http.head_requests import HeadRequests
from api.http.headers import protect_answer
from api.http.inputs import JsonKeepingRequest, KnownParameters
from api.http.request_log import Observation
from api.http.sessions import BrowserSessions
from api.http.signed_urls import SignedUrls
from api.http.targets import RequestTarget, WholeSegments
from api.http.wrong_keys import WrongKeys
from api.images.downloads import open_downloads
from api.images.variants import Variants
from api.jobs.estimates import Estimates
from api.jobs.listeners import Listeners
from api.jobs.live_jobs import LiveJobs
from api.jobs.waiting import Waiting
from api.monitoring.api_metrics import ApiMetrics
from api.monitoring.readiness import HealthChecks
from api.monitoring.service_metrics import ServiceMetrics
from api.pages.docs.contract_page import ContractPage
from api.pages.errors import APP_EXCEPTION_HANDLERS
from api.pages.routes import page_routes
from api.pages.templating import template_config
from api.server.bounds import Bounds
from api.server.connections import Connections
from api.server.lingering_close import LingeringClose
from api.server.tus import TusProtocol
from api.settings import Settings
from api.state import AppState, DataCheck
from domain.keys import hash_secret
from domain.networks import parse_networks
from domain.version import VERSION
from sandbox.pool import ChildPool
from storage.errors import STORE_FAILED, UnusableServer
from storage.stores import Stores
from telemetry.background import BackgroundTasks
from telemetry.tracing import open_tracing

PREPARE_AGAIN_SECONDS = 1.0
CLOCK_SECONDS = 10.0
# Longest wait for the first check of the schema: the API also starts while MongoDB is away.
SCHEMA_SECONDS = 1.0

_log = structlog.get_logger(__name__)

ROUTES = (
    JobController,
    JobEventController,
    stream_signed_events,
    UploadController,
    detect_faces,
    ImageController,
    LabelController,
    ArchiveController,
    get_signed_content,
    get_link_result,
    KeyController,
    UploadLinkController,
    LinkUploadController,
    ResumableUploadController,
    DeadLetterController,
    BatchController,
    ModelController,
    WebhookController,
    list_audit,
    get_statistics,
    delete_user,
    list_user_histograms,
    get_median_histogram,
    list_similar,
    get_capabilities,
    get_health,
    get_readiness,
    get_metrics,
    get_contract,
)


def create_app(settings: Settings) -> Litestar:
    """Compose the API. It connects to the stores when it starts, and starts without them."""
    state = compose_state(settings, Stores(settings.stores, settings.rules))
    app = Litestar(
        route_handlers=[*ROUTES, *page_routes()],
        state=state,
        dependencies=provide(state),
        guards=[has_scopes],
        lifespan=[lambda _: _running(state)],
        middleware=[
            RequestTarget,
            DefineMiddleware(BearerAuthentication, exclude_from_auth_key=OPEN),
            KnownParameters,
        ],
        before_send=[protect_answer],
        exception_handlers=APP_EXCEPTION_HANDLERS,
        openapi_config=openapi_config(ContractPage()),
        template_config=template_config(),
        logging_config=None,
        request_class=JsonKeepingRequest,
        request_max_body_size=settings.connections.max_body_bytes,
    )
    routed = HeadRequests(Compression(WholeSegments(app.asgi_handler)))
    bounded = Bounds(routed, state.connections)
    served: ASGIApp = TusProtocol(bounded, settings.uploads.max_file_bytes)
    if state.origins:
        served = CrossOrigin(served, state.origins)
    observed = Observation(served, log_requests=settings.api.access_log)
    # Outermost, since an answer may come before the body was read: errors do, too.
    app.asgi_handler = LingeringClose(observed)
    return app


def compose_state(settings: Settings, stores: Stores) -> AppState:
    """Build what the middleware and the handlers share. Nothing connects to a server yet."""
    pool = ChildPool(settings.api.render_children, settings.images.max_child_bytes)
    state = AppState()
    state.settings = settings
    state.stores = stores
    state.stop = asyncio.Event()
    state.data_check = DataCheck()
    trusted_proxies = parse_networks(settings.api.trusted_proxies)
    state.connections = Connections(settings.connections, trusted_proxies)
    state.origins = AllowedOrigins(settings.api.origins)
    state.estimates = Estimates(stores)
    listeners = Listeners(settings.listeners)
    state.waiting = Waiting(stores, listeners)
    watch = LoadWatch(stores.load, has_quota=settings.admission.max_stored_bytes > 0)
    state.admission = Admission(settings.admission, stores.buckets, watch)
    state.live_jobs = LiveJobs(stores, listeners)
    state.variants = Variants(stores, pool, settings.images, settings.reads)
    state.downloads = open_downloads(settings.reads)
    state.metrics = ApiMetrics(pool, state.admission, stores.metrics)
    state.metrics.watch_listeners(listeners)
    most = settings.admission.max_wrong_keys_per_minute
    state.wrong_keys = WrongKeys(most, state.metrics.registry)
    state.service_metrics = ServiceMetrics(
        state.metrics.registry, stores, learning=settings.learning.learning
    )
    state.health_checks = HealthChecks(
        stores, state.admission, settings.admission, learning=settings.learning.learning
    )
    state.tracing = open_tracing("api", VERSION, settings.tracing)
    state.admin_key_hash = hash_secret(settings.api.admin_key)
    state.signed_urls = SignedUrls(stores, state.admin_key_hash)
    state.sessions = BrowserSessions(stores, state.admin_key_hash, settings.api)
    return state


@asynccontextmanager
async def _running(state: AppState) -> AsyncIterator[None]:
    """Run the background tasks of the API; at the end, finish what was accepted."""
    stores, watch = state.stores, state.admission.watch
    try:
        async with aclosing(stores), BackgroundTasks(state.stop) as background:
            await stores.blob_stores.start()
            background.start("prepare", _prepare(state))
            if state.settings.api.warm_render_children:
                state.variants.start_children()
            background.start("poll_jobs", state.waiting.poll())
            background.start("live_jobs", state.live_jobs.run())
            background.start("key_uses", stores.api_keys.uses.run())
            background.start("job_events", stores.job_events.listen())
            stores.job_events.hear_changes(lambda _: watch.stir())
            background.start("read_work", watch.follow_work())
            background.start("read_room", watch.follow_room())
            background.start("report_intake", watch.follow_intake())
            with suppress(TimeoutError):
                async with asyncio.timeout(SCHEMA_SECONDS):
                    await state.data_check.was_tried.wait()
            if state.data_check.mismatch is not None:
                raise state.data_check.mismatch
            try:
                yield
            finally:
                await state.admission.close()
                await state.variants.close()
                await stores.acceptance.drain()
                await stores.hints.drain()
    finally:
        state.tracing.close()


async def _prepare(state: AppState) -> None:
    """Check the schema and create the indexes as soon as MongoDB is there; follow its clock.

    Data of another schema end the process, and so does a Redis Cluster.
    """
    stores, check, is_prepared = state.stores, state.data_check, False
    while True:
        try:
            if not is_prepared:
                await stores.refuse_cluster()
                await stores.check_schema()
                check.was_tried.set()
            await stores.follow_clock()
            if not is_prepared:
                await stores.prepare()
                is_prepared = True
        except STORE_FAILED as error:
            check.was_tried.set()
            _log.warning("mongodb_not_ready", reason=type(error).__name__)
        except UnusableServer as error:
            check.mismatch = error
            check.was_tried.set()
            state.stop.set()
            await asyncio.Event().wait()  # Until the process ends.
        await asyncio.sleep(CLOCK_SECONDS if is_prepared else PREPARE_AGAIN_SECONDS)
