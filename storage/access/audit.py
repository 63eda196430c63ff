"""The audit trail in MongoDB: entries are added, listed, and removed by their age."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec
from pymongo import ASCENDING, DESCENDING, IndexModel

from domain.audit import MAX_DETAIL_CHARS, Actor, AuditAction, AuditEntry, AuditFilter
from domain.keys import Caller
from storage.clock import first_id_at, made_at, new_id
from storage.mongo.client import COMMITTED, DURABLE, Database, Document, Session, read_struct
from telemetry.logs import request_id

AUDIT_INDEXES = {
    "audit": [
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
        *(
            IndexModel([(field, ASCENDING), ("_id", DESCENDING)])
            for field in ("actor.key_id", "action", "target_id")
        ),
    ],
}

Made = TypeVar("Made")
Creation = Callable[[Session | None], Awaitable[Made]]


def new_entry(
    caller: Caller,
    action: AuditAction,
    target_id: str,
    *,
    tenant: str | None = None,
    **details: object,
) -> AuditEntry:
    """Make the entry of what a caller does now, in the running request.

    Args:
        tenant: Tenant of the target; None: that of the caller.
        details: Short values; None is left out.
    """
    entry_id = new_id()
    return AuditEntry(
        id=entry_id,
        at=made_at(entry_id),
        actor=Actor(caller.key_id, caller.role),
        action=action,
        target_id=target_id,
        tenant=tenant or caller.tenant,
        request_id=request_id() or "",
        details={
            name: str(value)[:MAX_DETAIL_CHARS]
            for name, value in details.items()
            if value is not None
        },
    )


def in_tenant(entry: AuditEntry, tenant: str | None) -> AuditEntry:
    """Return an entry with the tenant of its target; None: as it is."""
    return entry if tenant is None else msgspec.structs.replace(entry, tenant=tenant)


class AuditTrail:
    """Adds and lists entries.

    An entry is written in the transaction of the change; where that takes several, in the first
    that changes something. So no change is without its entry, and no entry without its change.
    """

    def __init__(self, database: Database, kept: timedelta) -> None:
        self._entries = database.get_collection(
            "audit", read_concern=COMMITTED, write_concern=DURABLE
        )
        self._kept = kept

    async def add(self, *entries: AuditEntry, session: Session | None = None) -> None:
        """Add entries: within a transaction, or else durable when this returns."""
        documents: list[Document] = []
        for entry in entries:
            document = msgspec.to_builtins(entry, builtin_types=(datetime,))
            document["_id"] = document.pop("id")
            documents.append(document | {"expires_at": entry.at + self._kept})
        if documents:
            await self._entries.insert_many(documents, session=session)

    def recorded(
        self, create: Creation[Made], entry_of: Callable[[Made], AuditEntry]
    ) -> Creation[Made]:
        """Return a creation that also adds its entry, in the same transaction."""

        async def create_and_add(session: Session | None) -> Made:
            made = await create(session)
            await self.add(entry_of(made), session=session)
            return made

        return create_and_add

    async def list_page(self, wanted: AuditFilter, limit: int) -> Sequence[AuditEntry]:
        """List entries that match, newest first."""
        fields = {
            "actor.key_id": wanted.actor,
            "action": wanted.action and wanted.action.value,
            "target_id": wanted.target,
        }
        query: Document = {name: value for name, value in fields.items() if value is not None}
        below = [wanted.before, wanted.until and first_id_at(wanted.until)]
        if ends := [bound for bound in below if bound is not None]:
            query["_id"] = {"$lt": min(ends)}
        if wanted.since is not None:
            query.setdefault("_id", {})["$gte"] = first_id_at(wanted.since)
        found = self._entries.find(query).sort("_id", -1).limit(limit)
        return [read_struct(document, AuditEntry) async for document in found]
