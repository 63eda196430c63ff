"""Schemas of dead letters."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from api.http.bodies import JsonBody, Rules
from api.schemas.jobs import FailureView, view_error
from api.schemas.views import owner_fields, view_of
from domain.dead_letters import DeadLetter
from domain.errors.requests import InvalidValue
from domain.keys import MAX_USER_ID_CHARS

MAX_CHOSEN = 1000
Id = Annotated[str, msgspec.Meta(max_length=64)]


class DeadLetterCode(StrEnum):
    """The error of a dead letter."""

    DECODER_DIED = "decoder_died"
    DECODE_TIMED_OUT = "decode_timed_out"
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    OPERATION_FAILED = "operation_failed"


class DeadLetterAttemptView(msgspec.Struct, frozen=True):
    """A failed attempt to process an image."""

    at: datetime
    worker: str | None
    """The worker process, as `host:pid`."""
    reason: str
    """An error code, or `lease_expired` (the worker did not respond), `broken_off` (the worker was
    stopped or lost MongoDB), `unexpected_error`, or `known_poison` (an equal file failed shortly
    before)."""


class DeadLetterView(msgspec.Struct, frozen=True):
    """An image that the service stopped trying to process."""

    image_id: str
    """ID of the image and of the dead letter."""
    job_id: str
    user_id: str
    filename: str
    """File name as uploaded, without folders."""
    format: str
    bytes: int
    operations: list[str]
    """The failed operations."""
    error: FailureView | None
    """The error of the first failed operation."""
    gave_up_at: datetime
    attempts: list[DeadLetterAttemptView]
    """The latest failed attempts, oldest first."""
    tenant: str | UnsetType = UNSET
    """Tenant of the user; absent without one."""


class DeadLetterFilterView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Selects dead letters; an empty filter selects all."""

    user_id: Annotated[str, msgspec.Meta(max_length=MAX_USER_ID_CHARS)] | None = None
    """Only dead letters of this user."""
    tenant: Annotated[str, msgspec.Meta(max_length=MAX_USER_ID_CHARS)] | None = None
    """Tenant of this user; without it, `user_id` names a user without a tenant."""
    code: DeadLetterCode | None = None
    """Only dead letters with this error."""
    job_id: Id | None = None
    """Only dead letters of this job."""


class ChosenDeadLetters(JsonBody, frozen=True):
    """Selects dead letters, by either `ids` or `filter`."""

    ids: Annotated[list[Id], msgspec.Meta(max_length=MAX_CHOSEN)] | None = None
    """IDs of images. Images that are not dead letters are skipped."""
    filter: DeadLetterFilterView | None = None
    """The first 1,000 matches are selected."""

    def check(self, rules: Rules) -> None:
        """Check that there is one of both.

        Raises:
            InvalidValue: There are both or neither.
        """
        if rules.unusable.isdisjoint({"ids", "filter"}) and (
            (self.ids is None) == (self.filter is None)
        ):
            raise InvalidValue("Send either ids or a filter.", "filter")


class RetriedView(msgspec.Struct, frozen=True):
    """The result of a retry of dead letters."""

    retried: int
    """Number of images whose failed operations are queued again."""
    skipped: int
    """Number of selected images that are not dead letters."""
    left: int
    """Number of further matches. Send the request again for these."""


class DiscardedView(msgspec.Struct, frozen=True):
    """The result of discarding dead letters."""

    discarded: int
    """Number of discarded dead letters. Their images stay failed."""
    skipped: int
    """Number of selected images that are not dead letters."""
    left: int
    """Number of further matches. Send the request again for these."""


def view_dead_letter(letter: DeadLetter) -> DeadLetterView:
    """Convert a dead letter."""
    return view_of(
        DeadLetterView,
        letter,
        **owner_fields(letter.user_id),
        bytes=letter.size_bytes,
        error=view_error(letter.error),
        attempts=[view_of(DeadLetterAttemptView, attempt) for attempt in letter.attempts],
    )
