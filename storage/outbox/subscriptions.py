"""Whether anybody wants to be told: where nobody does, nothing more is written."""

import asyncio
import time
from collections.abc import Callable

from pymongo.client_session import ClientSession

from domain.webhooks.endpoints import LISTENING
from domain.webhooks.events import CHOSEN, EventType
from storage.mongo.client import Database, PlainDatabase
from storage.mongo.deadlines import run_in_thread

# No process goes by an older look: who begins to listen hears of all that happens from then on.
CACHE_SECONDS = 1.0
# A look that is needed soon is begun when the last one is this old.
FRESH_SECONDS = 0.5

WantedTypes = frozenset[EventType]
NO_TYPES: WantedTypes = frozenset()
ALL_TYPES: WantedTypes = frozenset(CHOSEN)


class Subscriptions:
    """Remembers for a moment which types of events are wanted.

    Args:
        database: Holds everything.
        clock: Says how old a look has become, in seconds.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._wanted = NO_TYPES
        self._looked_at = -CACHE_SECONDS
        self._look: asyncio.Task[None] | None = None

    async def wanted_types(self) -> WantedTypes:
        """Say which types are wanted, by a look that is no older than :data:`CACHE_SECONDS`."""
        while self._clock() - self._looked_at >= CACHE_SECONDS:
            await asyncio.shield(self._begin_look())
        return self._wanted

    def prefetch(self) -> None:
        """Look now, so that whoever asks in a moment need not wait."""
        if self._clock() - self._looked_at >= FRESH_SECONDS:
            self._begin_look().add_done_callback(_forget)

    def _begin_look(self) -> asyncio.Task[None]:
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._look_once())
        return self._look

    async def _look_once(self) -> None:
        began = self._clock()
        self._wanted = await run_in_thread(lambda: find_wanted_types(self._database.delegate))
        self._looked_at = began


def find_wanted_types(database: PlainDatabase, session: ClientSession | None = None) -> WantedTypes:
    """Find which types of events any endpoint wants.

    Args:
        database: Holds everything.
        session: The transaction that asks, if any.
    """
    chosen = database["webhook_endpoints"].distinct(
        "event_types", {"status": {"$in": LISTENING}}, session=session
    )
    return ALL_TYPES if None in chosen else frozenset(EventType(type_) for type_ in chosen)


def _forget(look: asyncio.Task[None]) -> None:
    """Leave a failure to who asks next, and looks again."""
    if not look.cancelled():
        look.exception()
