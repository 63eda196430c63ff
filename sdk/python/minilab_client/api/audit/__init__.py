"""The operations of the tag `audit`, as methods that return the answer or raise the problem."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, cast

from ..._async.operations import AsyncOperations
from ..._sync.operations import Operations
from ...types import UNSET, Unset

if TYPE_CHECKING:
    import datetime
    from typing import cast

    from ...models.audit_action import AuditAction
    from ...models.audit_entry import AuditEntry
    from ...models.audit_entry_page import AuditEntryPage


class AuditOperations(Operations):
    """The operations of the tag `audit`."""

    def list_audit_entries(
        self,
        *,
        since: datetime.datetime | Unset = UNSET,
        until: datetime.datetime | Unset = UNSET,
        actor: str | Unset = UNSET,
        action: AuditAction | Unset = UNSET,
        target: str | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
    ) -> AuditEntryPage:
        """List the audit trail.

        Lists who did what, newest first: every action of an API key that changes what exists.

        Uploads and reads are not in it. Entries are kept for 400 days, unless the service is
        configured otherwise.
        """
        from .list_audit_entries import sync_detailed

        return cast(
            "AuditEntryPage",
            self._call(
                sync_detailed,
                since=since,
                until=until,
                actor=actor,
                action=action,
                target=target,
                limit=limit,
                cursor=cursor,
            ),
        )

    def iterate_audit_entries(
        self,
        *,
        since: datetime.datetime | Unset = UNSET,
        until: datetime.datetime | Unset = UNSET,
        actor: str | Unset = UNSET,
        action: AuditAction | Unset = UNSET,
        target: str | Unset = UNSET,
        limit: int | Unset = UNSET,
    ) -> Iterator[AuditEntry]:
        """List the audit trail: all items, page by page; `limit` is the size of a page."""
        return self._iterate(
            self.list_audit_entries,
            since=since,
            until=until,
            actor=actor,
            action=action,
            target=target,
            limit=limit,
        )


class AsyncAuditOperations(AsyncOperations):
    """The operations of the tag `audit`, for asyncio and trio."""

    async def list_audit_entries(
        self,
        *,
        since: datetime.datetime | Unset = UNSET,
        until: datetime.datetime | Unset = UNSET,
        actor: str | Unset = UNSET,
        action: AuditAction | Unset = UNSET,
        target: str | Unset = UNSET,
        limit: int | Unset = UNSET,
        cursor: str | Unset = UNSET,
    ) -> AuditEntryPage:
        """List the audit trail.

        Lists who did what, newest first: every action of an API key that changes what exists.

        Uploads and reads are not in it. Entries are kept for 400 days, unless the service is
        configured otherwise.
        """
        from .list_audit_entries import asyncio_detailed

        return cast(
            "AuditEntryPage",
            await self._call(
                asyncio_detailed,
                since=since,
                until=until,
                actor=actor,
                action=action,
                target=target,
                limit=limit,
                cursor=cursor,
            ),
        )

    def iterate_audit_entries(
        self,
        *,
        since: datetime.datetime | Unset = UNSET,
        until: datetime.datetime | Unset = UNSET,
        actor: str | Unset = UNSET,
        action: AuditAction | Unset = UNSET,
        target: str | Unset = UNSET,
        limit: int | Unset = UNSET,
    ) -> AsyncIterator[AuditEntry]:
        """List the audit trail: all items, page by page; `limit` is the size of a page."""
        return self._iterate(
            self.list_audit_entries,
            since=since,
            until=until,
            actor=actor,
            action=action,
            target=target,
            limit=limit,
        )
