"""When a delivery that failed is tried again, and what an answer means for that."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http import HTTPStatus

# Before the second attempt, the third, and so on.
RETRY_SECONDS = (5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 36000.0)
RETRY_PATTERN = r"^\d+(\.\d+)?(,\d+(\.\d+)?)*$"
JITTER = 0.2
# What is asked for beyond this is not believed: the next attempt tells.
LONGEST_RETRY_AFTER = timedelta(days=1)
# Without a Retry-After, an endpoint that says that it is asked too much is left alone so long.
SLOW_DOWN = timedelta(seconds=30)
SLOW_DOWN_STATUSES = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)


class Verdict(StrEnum):
    """What an answer means."""

    DELIVERED = "delivered"
    FAILED = "failed"
    SLOW_DOWN = "slow_down"
    GONE = "gone"


def judge(status_code: int | None) -> Verdict:
    """Say what an answer means.

    Args:
        status_code: None where no answer came.

    Source: Standard Webhooks 1.0.0, "Response status codes".
    """
    if status_code is None:
        return Verdict.FAILED
    if HTTPStatus.OK <= status_code < HTTPStatus.MULTIPLE_CHOICES:
        return Verdict.DELIVERED
    if status_code == HTTPStatus.GONE:
        return Verdict.GONE
    return Verdict.SLOW_DOWN if status_code in SLOW_DOWN_STATUSES else Verdict.FAILED


def read_delays(text: str) -> tuple[float, ...]:
    """Read a list of delays in seconds; it matches :data:`RETRY_PATTERN`."""
    return tuple(float(entry) for entry in text.split(","))


def next_attempt(
    tries: int, now: datetime, spread: float, delays: tuple[float, ...] = RETRY_SECONDS
) -> datetime | None:
    """Say when a delivery that failed is tried again.

    Args:
        tries: Attempts that were made so far, 1 or more.
        now: When the last one ended.
        spread: From 0 to 1, drawn anew each time: where in the jitter it comes.
        delays: Before the second attempt, the third, and so on, in seconds.

    Returns:
        The time, or None where that was the last attempt.
    """
    if tries > len(delays):
        return None
    jitter = 1 + JITTER * (2 * spread - 1)
    return now + timedelta(seconds=delays[tries - 1] * jitter)


def read_retry_after(text: str | None, now: datetime) -> datetime | None:
    """Read a Retry-After.

    Args:
        text: The header: a number of seconds, or a date; None where there is none.
        now: When the answer came.

    Returns:
        From now until a day later; None where there is no header that can be understood.

    Source: RFC 9110, section 10.2.3.
    """
    text = (text or "").strip()
    if text.isascii() and text.isdecimal():
        # More digits than this are more than a day anyway, and more than can be counted with.
        wished = now + min(timedelta(seconds=int(text[:9])), LONGEST_RETRY_AFTER)
    else:
        try:
            wished = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        if wished.tzinfo is None:  # "-0000": of no zone, so UTC.
            wished = wished.replace(tzinfo=UTC)
    return min(max(wished, now), now + LONGEST_RETRY_AFTER)


def quiet_until(retry_after: datetime | None, now: datetime) -> datetime:
    """Say until when an endpoint that is asked too much is left alone."""
    return retry_after if retry_after is not None else now + SLOW_DOWN


def has_failed_too_long(failing_since: datetime, now: datetime, limit_seconds: float) -> bool:
    """Say whether an endpoint has failed for so long that it is disabled."""
    return now - failing_since >= timedelta(seconds=limit_seconds)
