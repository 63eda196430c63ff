"""Dead letters: images that the service gave up, until an admin retries or discards them."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from domain.claims import BadAttempt
from domain.records import ItemError


class DeadLetter(msgspec.Struct, frozen=True):
    """An image that the service gave up, completely or for some operations.

    Attributes:
        image_id: The image, and the ID of the letter.
        operations: The operations without a result.
        error: Error of the first of them.
        gave_up_at: UTC.
        attempts: The last failed attempts, oldest first.
    """

    image_id: str
    job_id: str
    user_id: str
    sha256: str
    filename: str
    format: str
    size_bytes: int
    operations: list[str]
    error: ItemError
    gave_up_at: datetime
    attempts: list[BadAttempt]


class DeadLetterFilter(msgspec.Struct, frozen=True):
    """Conditions on dead letters. A condition that is None is always met.

    Attributes:
        code: Code of an error of the image or one of its cells.
        before: ID of an image; matches older images.
    """

    user_id: str | None = None
    code: str | None = None
    job_id: str | None = None
    ids: Sequence[str] | None = None
    before: str | None = None
