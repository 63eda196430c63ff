"""Lists the audit trail."""

from datetime import datetime

from api.schemas.audit import AuditEntryView, view_entry
from api.schemas.views import Page, cut_page
from domain.audit import AuditAction, AuditFilter
from domain.calendar.moments import read_moment, to_utc
from domain.errors.faults import Faults
from storage.stores import Stores


class ReadAudit:
    """The audit trail, as admins read it."""

    def __init__(self, stores: Stores) -> None:
        self._audit = stores.audit

    async def list_page(
        self,
        since: str | None,
        until: str | None,
        actor: str | None,
        action: AuditAction | None,
        target: str | None,
        limit: int,
        cursor: str | None,
    ) -> Page[AuditEntryView]:
        """List entries that match all filters, newest first; ``until`` is the first time beyond.

        Raises:
            InvalidValue: ``since`` or ``until`` is no time, or has no UTC offset.
        """
        faults, bounds = Faults(), dict[str, datetime]()
        for name, text in (("since", since), ("until", until)):
            with faults.of(name):
                if text is not None:
                    bounds[name] = to_utc(read_moment(text))
        faults.check()
        wanted = AuditFilter(**bounds, actor=actor, action=action, target=target, before=cursor)
        found = await self._audit.list_page(wanted, limit + 1)
        return cut_page([view_entry(one) for one in found], limit, [one.id for one in found])
