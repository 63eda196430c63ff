"""Events: their types, the data of each type, and the body that receivers get.

Payloads are thin, as Standard Webhooks recommends: IDs, a status, and the URL of the object.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from domain.jobs import Status
from domain.marks import read_marks
from domain.tenants import split_owner, tenant_field

MESSAGE_PREFIX = "msg_"


class EventType(StrEnum):
    """The type of an event."""

    JOB_FINISHED = "job.finished"
    IMAGE_PROCESSED = "image.processed"
    IMAGE_DELETED = "image.deleted"
    LINK_USED_UP = "link.used_up"
    DEAD_LETTER_CREATED = "dead_letter.created"
    WEBHOOK_DISABLED = "webhook.disabled"
    WEBHOOK_TEST = "webhook.test"


ADMIN_ONLY = frozenset({EventType.LINK_USED_UP, EventType.DEAD_LETTER_CREATED})
"""Types that only endpoints of admin keys get."""

ALWAYS_SENT = frozenset({EventType.WEBHOOK_DISABLED, EventType.WEBHOOK_TEST})
"""Types that an endpoint gets whatever types it selects: they concern endpoints themselves."""

SELECTABLE = tuple(type_ for type_ in EventType if type_ not in ALWAYS_SENT)
"""Types that an endpoint can select."""


class _Marked(msgspec.Struct, frozen=True, kw_only=True):
    """The marks of the job or image that an event is about."""

    external_id: str | UnsetType = UNSET
    """ID in your own system; absent without one."""
    tags: list[str] | UnsetType = UNSET
    """Words of your own; absent without any."""
    attributes: dict[str, str] | UnsetType = UNSET
    """Values of your own, by key; absent without any."""


class JobFinished(_Marked, frozen=True):
    """A job has ended. A job that is retried ends again, with a greater version."""

    job_id: str
    user_id: str
    status: Status
    version: int
    """Version of the job at its end."""
    url: str
    """URL of the job."""
    tenant: str | UnsetType = UNSET
    """Tenant of the user; absent without one."""


class ImageProcessed(_Marked, frozen=True):
    """The operations on an image have ended, with or without errors."""

    image_id: str
    job_id: str
    user_id: str
    status: Status
    url: str
    """URL of the image with its results."""
    tenant: str | UnsetType = UNSET
    """Tenant of the user; absent without one."""


class ImageDeleted(msgspec.Struct, frozen=True):
    """An image was deleted: by a request, with its user, or because it expired."""

    image_id: str
    job_id: str
    user_id: str
    url: str
    """URL of the job that uploaded it, which may have been deleted as well."""
    tenant: str | UnsetType = UNSET
    """Tenant of the user; absent without one."""
    external_id: str | UnsetType = UNSET
    """ID of the image in your own system; absent without one."""


class LinkUsedUp(msgspec.Struct, frozen=True):
    """An upload link has reached its limit of files or bytes."""

    link_id: str
    user_id: str
    used_files: int
    """Number of images that were uploaded through the link."""
    used_bytes: int
    """Total size of these images in bytes."""
    url: str
    """URL of the upload link."""
    tenant: str | UnsetType = UNSET
    """Tenant of the user; absent without one."""


class DeadLetterCreated(_Marked, frozen=True):
    """The service stopped trying to process an image."""

    dead_letter_id: str
    """ID of the image."""
    job_id: str
    user_id: str
    code: str
    """Stable code of the error."""
    url: str
    """URL of the dead letter."""
    tenant: str | UnsetType = UNSET
    """Tenant of the user; absent without one."""


class WebhookDisabled(msgspec.Struct, frozen=True):
    """Another webhook of the same key was disabled."""

    webhook_id: str
    reason: str
    """`gone`: the receiver answered 410. `failing`: every attempt failed for five days."""
    url: str
    """URL of the webhook."""


class WebhookTest(msgspec.Struct, frozen=True):
    """A test event, sent on request."""

    webhook_id: str
    url: str
    """URL of the webhook."""


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
    """A change of an object.

    Attributes:
        version: Distinguishes events of one type about the same object.
        key_id: The key that the object was uploaded or created with.
        data: The payload, with a path in place of the URL.
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
        """``msg_`` and 32 digits, the same for the same event."""
        name = f"{self.type}:{self.object_id}:{self.version}"
        return MESSAGE_PREFIX + hashlib.sha256(name.encode()).hexdigest()[:32]

    @property
    def job_id(self) -> str | None:
        """The job of the event, or of the event's image."""
        return getattr(self.data, "job_id", None)


def mark_fields(stored: Iterable[str]) -> dict[str, Any]:
    """Return the fields of an event that show marks as they are stored."""
    fields = msgspec.to_builtins(read_marks(stored))
    return {name: value for name, value in fields.items() if value}


def write_payload(event: Event, base_url: str) -> bytes:
    """Write the body that receivers get: JSON, the same bytes for the same event.

    The base URL has no slash at the end. If it is empty, the body carries a path.
    """
    data: dict[str, Any] = msgspec.to_builtins(event.data)
    if "user_id" in data:
        _, data["user_id"] = split_owner(data["user_id"])
        data |= tenant_field(event.user_id or "")
    payload = {
        "type": event.type.value,
        "timestamp": event.at,
        "data": data | {"url": base_url + data["url"]},
    }
    return msgspec.json.encode(payload)
