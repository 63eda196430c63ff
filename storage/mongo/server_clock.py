"""MongoDB's clock, read from the answers that PyMongo's monitors get anyway."""

import time
from datetime import UTC, datetime, timedelta

from pymongo.monitoring import (
    ServerHeartbeatFailedEvent,
    ServerHeartbeatListener,
    ServerHeartbeatStartedEvent,
    ServerHeartbeatSucceededEvent,
)

from storage.clock import TOLERATED_SECONDS
from storage.errors import note_answer


class ServerClock(ServerHeartbeatListener):
    """The time of the primary, and the note that a server answers. Monitors call it in threads."""

    def __init__(self) -> None:
        self._heard: tuple[datetime, float] | None = None

    def now(self) -> datetime | None:
        """Return the time of the last answer and what has passed since; None before the first."""
        if self._heard is None:
            return None
        told, at = self._heard
        return told + timedelta(seconds=time.monotonic() - at)

    def started(self, event: ServerHeartbeatStartedEvent) -> None:
        """Wait for the answer."""

    def succeeded(self, event: ServerHeartbeatSucceededEvent) -> None:
        """Note the answer, and its time unless it is old."""
        note_answer()
        if event.reply.is_writable and event.duration < TOLERATED_SECONDS:
            told: datetime = event.reply.document["localTime"]
            self._heard = told.replace(tzinfo=UTC), time.monotonic()

    def failed(self, event: ServerHeartbeatFailedEvent) -> None:
        """Leave the failure to PyMongo."""
