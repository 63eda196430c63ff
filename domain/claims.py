"""Images that workers claim and end, and the attempts that fail."""

from collections import Counter
from datetime import datetime
from typing import Any

import msgspec

from domain.errors.files import GIVEN_UP
from domain.jobs import Status, Tally, roll_up
from domain.records import Cell, GpsPolicy, ItemError

LEASE_EXPIRED = "lease_expired"
BROKEN_OFF = "broken_off"
UNEXPECTED_ERROR = "unexpected_error"
KNOWN_POISON = "known_poison"


class BadAttempt(msgspec.Struct, frozen=True):
    """One failed attempt of a worker (``host:pid``), that ended at a time in UTC.

    Attributes:
        fence: Number of its claim.
        reason: Code of an error, or one of this module.
    """

    fence: int
    at: datetime
    worker: str | None
    reason: str


class ClaimedImage(msgspec.Struct, frozen=True):
    """An image that a worker holds.

    Attributes:
        fence: Number of this claim; the end of the image must carry it.
        claim_id: ID of this claim, unlike that of any other; None if nobody holds the image.
        cells: All cells; the queued ones are open.
        attempts: How often it was claimed, this claim included.
        bad_attempts: Number of failed attempts in its log.
        worker: As ``host:pid``; None if there is none.
        traceparent: The trace of that request, if it is traced.
    """

    id: str
    job_id: str
    sha256: str
    fence: int
    size_bytes: int
    format: str
    cells: dict[str, Cell]
    attempts: int
    bad_attempts: int
    worker: str | None
    claim_id: str | None = None
    gps: GpsPolicy = GpsPolicy.KEEP
    user_id: str = ""
    link_id: str | None = None
    duplicate_of: str | None = None
    request_id: str | None = None
    traceparent: str | None = None

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations whose cells are open."""
        return tuple(name for name, cell in self.cells.items() if cell.status is Status.QUEUED)

    def failed(self, error: ItemError, *bad_attempts: BadAttempt) -> "FinishedImage":
        """Return the end of an image whose open operations all failed."""
        failed = Cell(Status.FAILED, error=error)
        cells = self.cells | dict.fromkeys(self.operations, failed)
        return FinishedImage(
            self.id,
            self.fence,
            cells,
            error,
            claim_id=self.claim_id,
            bad_attempts=bad_attempts,
        )


class FinishedImage(msgspec.Struct, frozen=True):
    """The end of an image.

    Attributes:
        claim_id: ID of the claim that ends it; see :class:`ClaimedImage`.
        error: The error of the whole image, if it failed.
        facts: More fields of the image document, for reads and searches.
        bad_attempts: Failed attempts that are not in its log yet.
    """

    id: str
    fence: int
    cells: dict[str, Cell]
    error: ItemError | None = None
    claim_id: str | None = None
    facts: dict[str, Any] = msgspec.field(default_factory=dict)
    bad_attempts: tuple[BadAttempt, ...] = ()

    @property
    def gave_up(self) -> ItemError | None:
        """The error with which the service gave up; such an image is a dead letter."""
        errors = [self.error, *(cell.error for cell in self.cells.values())]
        return next((error for error in errors if error and error.code in GIVEN_UP), None)

    @property
    def status(self) -> Status:
        """The status of the image, computed from its cells."""
        return roll_up(Tally.of(Counter(cell.status for cell in self.cells.values())))
