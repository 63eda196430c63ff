"""The hold on webhooks: no deliverer sends while it is set. An admin releases it."""

from datetime import datetime

from domain.audit import AuditEntry
from storage.access.audit import AuditTrail
from storage.clock import utc_now
from storage.mongo.client import DURABLE, Database, Document, Session
from storage.mongo.transactions import run_transaction

STATE = "service_state"
HELD = {"_id": "webhooks"}


class WebhookHold:
    """Holds and releases all webhooks; a hold survives every restart.

    A release is remembered for as long as the setting asks for a hold, so that a process that
    starts again with the same setting does not hold them again.
    """

    def __init__(self, database: Database, audit: AuditTrail) -> None:
        self._client = database.client
        self._audit = audit
        self._state = database.get_collection(STATE, write_concern=DURABLE)

    async def begin(self, *, is_wanted: bool) -> datetime | None:
        """Take the setting of a starting deliverer into account.

        Args:
            is_wanted: Whether the setting asks for a hold. If not, an existing one stays.

        Returns:
            Since when webhooks are held, UTC; None if they are not.
        """
        if is_wanted:
            await self._state.update_one(HELD, {"$setOnInsert": _new_hold()}, upsert=True)
        else:
            await self._state.delete_one(HELD | {"held_since": None})
        return await self.since()

    async def hold(self) -> None:
        """Hold webhooks, also after a release."""
        await self._state.replace_one(HELD, _new_hold(), upsert=True)

    async def since(self) -> datetime | None:
        """Return since when webhooks are held, UTC; None if they are not."""
        found = await self._state.find_one(HELD)
        return found["held_since"] if found else None

    async def release(self, entry: AuditEntry | None = None) -> datetime | None:
        """Release the webhooks, with the entry if they were held.

        Returns since when they were held, UTC; None if they were not.
        """

        async def write(session: Session) -> datetime | None:
            before: Document | None = await self._state.find_one_and_update(
                HELD | {"held_since": {"$ne": None}},
                {"$set": {"held_since": None, "released_at": utc_now()}},
                session=session,
            )
            if before is None:
                return None
            if entry is not None:
                await self._audit.add(entry, session=session)
            since: datetime = before["held_since"]
            return since

        return await run_transaction(self._client, write)


def _new_hold() -> Document:
    return {"held_since": utc_now()}
