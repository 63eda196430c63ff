"""Response schemas of the health routes."""

from datetime import datetime
from enum import StrEnum

import msgspec


class PartStatus(StrEnum):
    """The status of a part of the service."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


class PartView(msgspec.Struct, frozen=True):
    """A part of the service."""

    status: PartStatus
    since: datetime
    """When the responding process first saw this status."""
    detail: str
    """What the status means for uploads and results."""
    action: str | None = None
    """What to do about it."""


class HealthView(msgspec.Struct, frozen=True):
    """The process is alive."""

    status: str


class ReadinessView(msgspec.Struct, frozen=True):
    """Whether the service can process uploads."""

    status: str
    """`ready` or `not_ready`."""
    parts: dict[str, bool]
    """The required parts: MongoDB accepts writes, Redis answers, a worker is alive."""
    workers: int
    """The number of live workers."""
    details: dict[str, PartView]
    """The status of each required part, of `disk` and `backlog` (whether uploads are accepted),
    and of `webhooks` (whether they are delivered)."""
