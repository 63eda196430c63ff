"""Interruptions of repeated work: logged when they begin, and then every five minutes."""

import math
import time

import structlog

SELDOM_SECONDS = 300.0

_log = structlog.get_logger(__name__)


class Interruptions:
    """Logs a repeated failure when it begins, and every few minutes while it lasts.

    Args:
        event: Name of the line in the log.
        fields: Its fields.
    """

    def __init__(self, event: str, **fields: str) -> None:
        self._event = event
        self._fields = fields
        self._next_line = -math.inf
        self._failures = 0

    def failed(self, error: Exception) -> None:
        """Note a failure."""
        self._failures += 1
        now = time.monotonic()
        if now >= self._next_line:
            self._next_line = now + SELDOM_SECONDS
            reason = type(error).__name__
            _log.warning(self._event, **self._fields, reason=reason, failures=self._failures)
            self._failures = 0

    def ended(self) -> None:
        """Note a success: the next failure begins another interruption."""
        self._next_line = -math.inf
        self._failures = 0
