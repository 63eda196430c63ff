"""What receivers are told of: the types of events, what each says, and how it is written.

Payloads are thin, as Standard Webhooks has them: IDs, a status, and where to read the rest.
"""

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from domain.jobs import Status

MESSAGE_PREFIX = "msg_"


class EventType(StrEnum):
    """What can be told."""

    JOB_FINISHED = "job.finished"
    IMAGE_PROCESSED = "image.processed"
    IMAGE_DELETED = "image.deleted"
    LINK_USED_UP = "link.used_up"
    DEAD_LETTER_CREATED = "dead_letter.created"
    WEBHOOK_DISABLED = "webhook.disabled"
    WEBHOOK_TEST = "webhook.test"


OF_ADMINS = frozenset({EventType.LINK_USED_UP, EventType.DEAD_LETTER_CREATED})
"""What only admin keys may see, and so are told."""

UNASKED = frozenset({EventType.WEBHOOK_DISABLED, EventType.WEBHOOK_TEST})
"""What an endpoint is sent whatever types it chose: they tell of endpoints themselves."""

CHOSEN = tuple(type_ for type_ in EventType if type_ not in UNASKED)
"""What an endpoint can choose."""


class JobFinished(msgspec.Struct, frozen=True):
    """A job has ended. One that is run again ends again, with a greater version."""

    job_id: str
    user_id: str
    status: Status
    version: int
    """The job's version with which it ended."""
    url: str
    """The job with its items."""


class ImageProcessed(msgspec.Struct, frozen=True):
    """The work on an image has ended, well or not."""

    image_id: str
    job_id: str
    user_id: str
    status: Status
    url: str
    """The image with its results."""


class ImageDeleted(msgspec.Struct, frozen=True):
    """An image is gone: it was deleted, its user was, or its time was over."""

    image_id: str
    job_id: str
    user_id: str
    url: str
    """The job that it came in with, if that is still there."""


class LinkUsedUp(msgspec.Struct, frozen=True):
    """As much came in through a link as it allows."""

    link_id: str
    user_id: str
    used_files: int
    used_bytes: int
    url: str
    """The link."""


class DeadLetterCreated(msgspec.Struct, frozen=True):
    """The service gave an image up."""

    dead_letter_id: str
    """The image's ID."""
    job_id: str
    user_id: str
    code: str
    """Why, as a stable code."""
    url: str
    """The dead letter."""


class WebhookDisabled(msgspec.Struct, frozen=True):
    """Another endpoint of the same key gets nothing any more."""

    webhook_id: str
    reason: str
    """`gone`: it answered 410. `failing`: it took nothing for five days."""
    url: str
    """The endpoint."""


class WebhookTest(msgspec.Struct, frozen=True):
    """Somebody asked for a test."""

    webhook_id: str
    url: str
    """The endpoint."""


EventData = (
    JobFinished
    | ImageProcessed
    | ImageDeleted
    | LinkUsedUp
    | DeadLetterCreated
    | WebhookDisabled
    | WebhookTest
)

DATA_OF: dict[EventType, type[msgspec.Struct]] = {
    EventType.JOB_FINISHED: JobFinished,
    EventType.IMAGE_PROCESSED: ImageProcessed,
    EventType.IMAGE_DELETED: ImageDeleted,
    EventType.LINK_USED_UP: LinkUsedUp,
    EventType.DEAD_LETTER_CREATED: DeadLetterCreated,
    EventType.WEBHOOK_DISABLED: WebhookDisabled,
    EventType.WEBHOOK_TEST: WebhookTest,
}


class Event(msgspec.Struct, frozen=True):
    """Something that happened.

    Attributes:
        type: What.
        object_id: What it happened to.
        version: Tells apart what happens to the same object several times.
        at: When, UTC.
        key_id: The key that the object came in through.
        user_id: Whose it is; None where it is nobody's.
        data: What is told, with a path in place of the address.
    """

    type: EventType
    object_id: str
    version: int
    at: datetime
    key_id: str
    user_id: str | None
    data: EventData

    @property
    def id(self) -> str:
        """The same for the same change, however often it is looked at: ``msg_`` and 32 digits."""
        name = f"{self.type}:{self.object_id}:{self.version}"
        return MESSAGE_PREFIX + hashlib.sha256(name.encode()).hexdigest()[:32]

    @property
    def job_id(self) -> str | None:
        """The job that it tells of, or that its image came in with."""
        return getattr(self.data, "job_id", None)


def write_payload(event: Event, base_url: str) -> bytes:
    """Write the body that receivers get.

    Args:
        event: What happened.
        base_url: Where receivers reach the service, without a slash at the end; empty: paths are
            told in place of addresses.

    Returns:
        JSON, the same bytes for the same event.
    """
    data: dict[str, Any] = msgspec.to_builtins(event.data)
    payload = {
        "type": event.type.value,
        "timestamp": event.at,
        "data": data | {"url": base_url + data["url"]},
    }
    return msgspec.json.encode(payload)
