"""The route of the audit trail, for admins."""

from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import QueryParameter

from api.access.audit import ReadAudit
from api.contract.route_docs import answer, problems
from api.http.guards import admins_only
from api.http.parameters import EXAMPLE_ID, EXAMPLE_TIME
from api.schemas.audit import AuditEntryView
from api.schemas.views import Cursor, Limit, Page
from domain.audit import AuditAction


def _moment(description: str) -> QueryParameter:
    return QueryParameter(
        # Read by the use case: msgspec raises a bare ValueError for years after 9999.
        max_length=64,
        schema_extra={"format": "date-time"},
        description=description,
        examples=[Example(value=EXAMPLE_TIME)],
    )


Since = Annotated[str | None, _moment("Only actions at this time or later.")]
Until = Annotated[str | None, _moment("Only actions before this time.")]
ByActor = Annotated[
    str | None,
    QueryParameter(
        max_length=64,
        description="Only actions of the API key with this ID.",
        examples=[Example(value="admin")],
    ),
]
OfAction = Annotated[
    AuditAction | None,
    QueryParameter(
        description="Only this action.", examples=[Example(value=AuditAction.API_KEY_CREATED.value)]
    ),
]
OnTarget = Annotated[
    str | None,
    QueryParameter(
        max_length=128,
        description="Only actions on the object with this ID.",
        examples=[Example(value=EXAMPLE_ID)],
    ),
]


@get(
    "/v1/audit",
    operation_id="listAuditEntries",
    tags=["audit"],
    summary="List the audit trail",
    guards=[admins_only],
    responses={200: answer(Page[AuditEntryView], "A page of entries.")} | problems(403),
)
async def list_audit(
    audit: NamedDependency[ReadAudit],
    since: Since = None,
    until: Until = None,
    actor: ByActor = None,
    action: OfAction = None,
    target: OnTarget = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[AuditEntryView]:
    """Lists who did what, newest first: every action of an API key that changes what exists.

    Uploads and reads are not in it. Entries are kept for 400 days, unless the service is
    configured otherwise.
    """
    return await audit.list_page(since, until, actor, action, target, limit, cursor)
