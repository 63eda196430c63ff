"""The event types that any endpoint gets; an event of another type is not written at all."""

import asyncio
import time
from collections.abc import Callable

from pymongo.client_session import ClientSession

from domain.webhooks.endpoints import ACTIVE
from domain.webhooks.events import SELECTABLE, EventType
from storage.mongo.client import Database
from storage.mongo.threads import PlainDatabase, plain_database, run_in_thread
from telemetry.background import see_failure

# A new endpoint gets every event from this long after its creation.
CACHE_SECONDS = 1.0
# A prefetch reads again if the last read is this old.
FRESH_SECONDS = 0.5

WantedTypes = frozenset[EventType]
NO_TYPES: WantedTypes = frozenset()
ALL_TYPES: WantedTypes = frozenset(SELECTABLE)


class Subscriptions:
    """Caches the event types that any endpoint gets."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._types = NO_TYPES
        self._read_at = -CACHE_SECONDS
        self._reading: asyncio.Task[None] | None = None

    async def wanted_types(self) -> WantedTypes:
        """Return the types, as they were at most :data:`CACHE_SECONDS` ago."""
        while self._clock() - self._read_at >= CACHE_SECONDS:
            await asyncio.shield(self._begin_reading())
        return self._types

    def prefetch(self) -> None:
        """Begin to read the types if they will be needed soon, so that the caller need not wait."""
        if self._clock() - self._read_at >= FRESH_SECONDS:
            # If it fails, the next caller reads again.
            self._begin_reading().add_done_callback(see_failure)

    def _begin_reading(self) -> asyncio.Task[None]:
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read())
        return self._reading

    async def _read(self) -> None:
        began = self._clock()
        plain = plain_database(self._database)
        self._types = await run_in_thread(lambda: find_wanted_types(plain))
        self._read_at = began


def find_wanted_types(database: PlainDatabase, session: ClientSession | None = None) -> WantedTypes:
    """Find the event types that any endpoint gets."""
    selected = database["webhook_endpoints"].distinct(
        "event_types", {"status": {"$in": ACTIVE}}, session=session
    )
    return ALL_TYPES if None in selected else frozenset(EventType(type_) for type_ in selected)
