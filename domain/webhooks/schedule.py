"""Retries of deliveries: their delays, and the meaning of an answer."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http import HTTPStatus

# Delays before the second attempt, the third, and so on.
RETRY_SECONDS = (5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 36000.0)
RETRY_PATTERN = r"^\d+(\.\d+)?(,\d+(\.\d+)?)*\Z"
JITTER = 0.2
# A longer Retry-After is cut to this.
LONGEST_RETRY_AFTER = timedelta(days=1)
# Pause after an answer that asks for fewer requests without a Retry-After.
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
    """The meaning of an answer."""

    DELIVERED = "delivered"
    FAILED = "failed"
    SLOW_DOWN = "slow_down"
    GONE = "gone"


def judge(status_code: int | None) -> Verdict:
    """Work out what an HTTP status means; None stands for no answer.

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
    """Work out when the next attempt is due; None if there is none.

    Args:
        tries: Number of attempts so far, at least 1.
        now: When the last one ended.
        spread: Random number from 0 to 1: the position within the jitter.
        delays: Seconds before the second attempt, the third, and so on.
    """
    if tries > len(delays):
        return None
    jitter = 1 + JITTER * (2 * spread - 1)
    return now + timedelta(seconds=delays[tries - 1] * jitter)


def read_retry_after(text: str | None, now: datetime) -> datetime | None:
    """Read a Retry-After header, a number of seconds or a date.

    Returns:
        A time from now to one day later; None without a valid header.

    Source: RFC 9110, section 10.2.3.
    """
    text = (text or "").strip()
    if text.isascii() and text.isdecimal():
        # Nine digits are more than a day, and more digits overflow a timedelta.
        asked = now + min(timedelta(seconds=int(text[:9])), LONGEST_RETRY_AFTER)
    else:
        try:
            asked = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        if asked.tzinfo is None:  # "-0000" has no zone and means UTC.
            asked = asked.replace(tzinfo=UTC)
    return min(max(asked, now), now + LONGEST_RETRY_AFTER)


def quiet_until(retry_after: datetime | None, now: datetime) -> datetime:
    """Work out until when an endpoint that asked for fewer requests gets none."""
    return retry_after if retry_after is not None else now + SLOW_DOWN


def has_failed_too_long(failing_since: datetime, now: datetime, limit_seconds: float) -> bool:
    """Check whether an endpoint has failed for so long that it is disabled."""
    return now - failing_since >= timedelta(seconds=limit_seconds)
