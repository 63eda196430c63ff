"""The health of a store: while writes fail, none are begun but those that find out."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from domain.errors.capacity import BytesUnavailable

PROBE_SECONDS = 2.0

_log = structlog.get_logger(__name__)


class StoreHealth:
    """Knows whether the last write succeeded.

    Args:
        probe: Writes a few bytes.
    """

    def __init__(self, probe: Callable[[], Awaitable[None]]) -> None:
        self.is_away = False
        self._probe = probe
        self._probing: asyncio.Task[None] | None = None
        self._next_probe = 0.0

    def check(self) -> None:
        """Refuse to begin a write while the store is away; finds out whether it is back.

        Raises:
            BytesUnavailable: The last write failed.
        """
        if not self.is_away:
            return
        is_running = self._probing is not None and not self._probing.done()
        if not is_running and time.monotonic() >= self._next_probe:
            self._probing = asyncio.create_task(self._find_out())
        raise BytesUnavailable

    def note(self, *, succeeded: bool) -> None:
        """Note how a write ended."""
        if self.is_away is succeeded:
            self.is_away = not succeeded
            _log.warning("bucket_away" if self.is_away else "bucket_back")

    async def aclose(self) -> None:
        """End a probe that runs."""
        if self._probing is not None:
            self._probing.cancel()
            await asyncio.wait([self._probing])

    async def _find_out(self) -> None:
        try:
            await self._probe()
        except BytesUnavailable:
            self._next_probe = time.monotonic() + PROBE_SECONDS
        else:
            self.note(succeeded=True)
