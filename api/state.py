"""The types that handlers share."""

import asyncio
from typing import Any

from litestar import Request
from litestar.datastructures import State

from api.admission.admission import Admission
from api.http.cross_origin import AllowedOrigins
from api.http.sessions import BrowserSessions
from api.http.signed_urls import SignedUrls
from api.http.wrong_keys import WrongKeys
from api.images.variants import Variants
from api.jobs.estimates import Estimates
from api.jobs.live_jobs import LiveJobs
from api.jobs.waiting import Waiting
from api.monitoring.api_metrics import ApiMetrics
from api.monitoring.readiness import HealthChecks
from api.monitoring.service_metrics import ServiceMetrics
from api.server.connections import Connections
from api.settings import Settings
from domain.keys import Caller
from storage.errors import UnusableServer
from storage.queue.fair_turns import FairTurns
from storage.stores import Stores
from telemetry.spans import Tracing


class DataCheck:
    """The first check of the servers: whether it was tried, and why one cannot be used."""

    def __init__(self) -> None:
        self.was_tried = asyncio.Event()
        self.mismatch: UnusableServer | None = None


class AppState(State):
    """What the composition root hands to the handlers."""

    settings: Settings
    stores: Stores
    estimates: Estimates
    admission: Admission
    metrics: ApiMetrics
    service_metrics: ServiceMetrics
    health_checks: HealthChecks
    tracing: Tracing
    connections: Connections
    origins: AllowedOrigins
    live_jobs: LiveJobs
    variants: Variants
    downloads: FairTurns
    admin_key_hash: str
    signed_urls: SignedUrls
    sessions: BrowserSessions
    wrong_keys: WrongKeys
    waiting: Waiting
    data_check: DataCheck
    stop: asyncio.Event
    """Set when a background task has ended by itself: the process must end."""


ApiRequest = Request[Caller, Any, AppState]
