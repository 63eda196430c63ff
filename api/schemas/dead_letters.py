"""Dead letters as admins see them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec

from api.schemas.jobs import FailureView, view_error
from domain.dead_letters import DeadLetter
from domain.keys import MAX_USER_ID_CHARS

MAX_CHOSEN = 1000
Id = Annotated[str, msgspec.Meta(max_length=64)]


class DeadLetterCode(StrEnum):
    """Why an image was given up."""

    DECODER_DIED = "decoder_died"
    DECODE_TIMED_OUT = "decode_timed_out"
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    OPERATION_FAILED = "operation_failed"


class DeadLetterAttemptView(msgspec.Struct, frozen=True):
    """An attempt that did not end well."""

    at: datetime
    worker: str | None
    """The process that made it, as `host:pid`."""
    reason: str
    """The code of an error, or `lease_expired` (the worker was not heard of again), `broken_off`
    (it was stopped, or lost MongoDB), `unexpected_error`, `known_poison` (equal bytes had just
    been given up)."""


class DeadLetterView(msgspec.Struct, frozen=True):
    """An image that the service gave up."""

    image_id: str
    """The image; the letter is named after it."""
    job_id: str
    user_id: str
    filename: str
    """As uploaded, without folders."""
    format: str
    bytes: int
    operations: list[str]
    """Those that were given up."""
    error: FailureView | None
    """Why the first of them was."""
    gave_up_at: datetime
    attempts: list[DeadLetterAttemptView]
    """The last ones that did not end well, oldest first."""


class DeadLetterFilterView(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which letters are meant; an empty filter means all."""

    user_id: Annotated[str, msgspec.Meta(max_length=MAX_USER_ID_CHARS)] | None = None
    """Only this user's."""
    code: DeadLetterCode | None = None
    """Only those with this error."""
    job_id: Id | None = None
    """Only those of this job."""


class ChosenDeadLetters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Either `ids` or a `filter`."""

    ids: Annotated[list[Id], msgspec.Meta(max_length=MAX_CHOSEN)] | None = None
    """Images; those that are no dead letters are skipped."""
    filter: DeadLetterFilterView | None = None
    """The first 1,000 that it fits."""


class RetriedView(msgspec.Struct, frozen=True):
    """How many letters are tried again."""

    retried: int
    """Their failed operations are queued."""
    skipped: int
    """They were no dead letters, or are none any more."""
    left: int
    """They fit the filter as well: ask again."""


class DiscardedView(msgspec.Struct, frozen=True):
    """How many letters are gone."""

    discarded: int
    """Their images stay failed."""
    skipped: int
    """They were no dead letters, or are none any more."""
    left: int
    """They fit the filter as well: ask again."""


def view_dead_letter(letter: DeadLetter) -> DeadLetterView:
    """Show a letter."""
    return DeadLetterView(
        image_id=letter.image_id,
        job_id=letter.job_id,
        user_id=letter.user_id,
        filename=letter.filename,
        format=letter.format,
        bytes=letter.size_bytes,
        operations=letter.operations,
        error=view_error(letter.error),
        gave_up_at=letter.gave_up_at,
        attempts=[DeadLetterAttemptView(a.at, a.worker, a.reason) for a in letter.attempts],
    )
