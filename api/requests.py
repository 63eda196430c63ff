"""The types that handlers share."""

from typing import Annotated, Any

from litestar import Request
from litestar.datastructures import State
from litestar.params import HeaderParameter, QueryParameter

from api.admission import Admission
from api.estimates import Estimates
from api.live_jobs import LiveJobs
from api.metrics import ApiMetrics
from api.parts import Parts
from api.rendering import Variants
from api.service_metrics import ServiceMetrics
from api.settings import Settings
from api.tickets import Tickets
from domain.keys import Caller
from storage.histograms.similar_images import SimilarImages
from storage.histograms.similar_users import SimilarUsers
from storage.stores import Stores
from telemetry.tracing import Tracing


class AppState(State):
    """What the composition root hands to the handlers."""

    settings: Settings
    stores: Stores
    estimates: Estimates
    admission: Admission
    metrics: ApiMetrics
    service_metrics: ServiceMetrics
    parts: Parts
    tracing: Tracing
    tickets: Tickets
    live_jobs: LiveJobs
    variants: Variants
    similar_users: SimilarUsers
    similar_images: SimilarImages
    admin_key_hash: str


ApiRequest = Request[Caller, Any, AppState]

NamedUser = Annotated[
    str | None,
    QueryParameter(
        name="user_id",
        required=False,
        max_length=128,
        description="Only this user's. Service keys see what they uploaded where none is named.",
    ),
]
Prefer = Annotated[
    str | None,
    HeaderParameter(
        name="Prefer",
        required=False,
        description="`wait=N` holds the answer until the job has ended, or N seconds (30 at most).",
    ),
]
IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        required=False,
        max_length=255,
        description="Send the same key with the same content again within 24 hours, and get the "
        "same answer.",
    ),
]
IfNoneMatch = Annotated[
    str | None,
    HeaderParameter(name="If-None-Match", required=False),
]
EXAMPLE_ID = "019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b4"
EXAMPLE_TIME = "2026-11-21T09:30:00Z"
