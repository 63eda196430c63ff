"""The audit trail."""

from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Template

from api.access.audit import ReadAudit
from api.pages.admin.forms import PAGE_ITEMS
from api.schemas.views import Cursor
from domain.audit import AuditAction

WithAction = Annotated[str, QueryParameter(name="action", max_length=64)]
ByActor = Annotated[str, QueryParameter(name="actor", max_length=64)]


@get("/audit")
async def show_audit(
    audit: NamedDependency[ReadAudit],
    action: WithAction = "",
    actor: ByActor = "",
    cursor: Cursor = None,
) -> Template:
    """Show who did what, newest first."""
    known = AuditAction(action) if action in set(AuditAction) else None
    page = await audit.list_page(None, None, actor or None, known, None, 2 * PAGE_ITEMS, cursor)
    shown = {"page": page, "action": known or "", "actor": actor, "actions": list(AuditAction)}
    return Template("admin/audit.html", context=shown)


ROUTES = (show_audit,)
