"""Which requests are sent again, how often, and after which pause."""

from __future__ import annotations

import random
from dataclasses import dataclass

from .problems import ApiError, ConnectionFailed

IDEMPOTENT = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PUT"})
# Such an answer is given before anything was done.
_REFUSED = frozenset({429})
_LATER = frozenset({408, 429, 502, 503, 504})
_LATER_CODES = frozenset({"idempotency_key_in_use"})
# These stay until an administrator changes the service.
_LASTING_CODES = frozenset({"webhooks_not_set_up"})
_MAX_STRETCH = 1.25


@dataclass(frozen=True)
class Retries:
    """How patient a client is.

    A request is sent again after 408, 429, 502, 503 and 504, and after a broken connection, if that
    cannot do its work twice: if it has an idempotent method or an `Idempotency-Key`. Others are
    sent again only after 429, or if no connection was made.

    Attributes:
        limit: How often a request is sent again at most; 0 to send it once.
        first_pause: Seconds before the first retry if the answer names no `Retry-After`. Each
            further pause is twice as long.
        max_pause: Longest pause in seconds. If the service asks for a longer one, the error is
            raised at once.
    """

    limit: int = 5
    first_pause: float = 0.5
    max_pause: float = 60.0

    def pause_after(
        self, error: ApiError | ConnectionFailed, *, attempt: int, repeatable: bool, sent: bool
    ) -> float | None:
        """Choose the pause before a request is sent again; None if it is not.

        Args:
            error: Why it failed.
            attempt: How often it was sent again already.
            repeatable: Whether it can be sent twice and do its work once.
            sent: Whether a part of it may have reached the service.
        """
        if attempt >= self.limit or not _may_repeat(error, repeatable=repeatable, sent=sent):
            return None
        asked = error.retry_after if isinstance(error, ApiError) else None
        if asked is None:
            pause = min(self.first_pause * 2**attempt, self.max_pause)
            return random.uniform(pause / 2, pause)  # noqa: S311
        # Clients that were refused together do not return together.
        return None if asked > self.max_pause else asked * random.uniform(1, _MAX_STRETCH)  # noqa: S311


def _may_repeat(error: ApiError | ConnectionFailed, *, repeatable: bool, sent: bool) -> bool:
    if isinstance(error, ConnectionFailed):
        return repeatable or not sent
    if error.code in _LASTING_CODES:
        return False
    if error.code in _LATER_CODES:
        return True
    return error.status in (_LATER if repeatable else _REFUSED)
