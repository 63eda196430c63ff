"""The audit trail: who changed what, when."""

from datetime import datetime
from enum import StrEnum

import msgspec

from domain.keys import Role

MAX_DETAIL_CHARS = 200


class AuditTargetType(StrEnum):
    """The kind of object that an action changes."""

    API_KEY = "api_key"
    UPLOAD_LINK = "upload_link"
    WEBHOOK = "webhook"
    DELIVERY = "delivery"
    IMAGE = "image"
    USER = "user"
    JOB = "job"
    DEAD_LETTER = "dead_letter"
    BATCH = "batch"
    SERVICE = "service"
    MODEL = "model"


class AuditAction(StrEnum):
    """What was done. The part before the point is the type of the target."""

    API_KEY_CREATED = "api_key.created"
    API_KEY_REVOKED = "api_key.revoked"
    API_KEY_SECRET_ROTATED = "api_key.secret_rotated"  # noqa: S105 -- a name
    UPLOAD_LINK_CREATED = "upload_link.created"
    UPLOAD_LINK_REVOKED = "upload_link.revoked"
    WEBHOOK_CREATED = "webhook.created"
    WEBHOOK_UPDATED = "webhook.updated"
    WEBHOOK_DELETED = "webhook.deleted"
    WEBHOOK_SECRET_ROTATED = "webhook.secret_rotated"  # noqa: S105 -- a name
    WEBHOOK_REDELIVERED = "webhook.redelivered"
    DELIVERY_REDELIVERED = "delivery.redelivered"
    IMAGE_DELETED = "image.deleted"
    USER_DELETED = "user.deleted"
    JOB_CANCELED = "job.canceled"
    JOB_RETRIED = "job.retried"
    DEAD_LETTER_RETRIED = "dead_letter.retried"
    DEAD_LETTER_DISCARDED = "dead_letter.discarded"
    BATCH_CREATED = "batch.created"
    BATCH_CANCELED = "batch.canceled"
    SERVICE_WEBHOOKS_RELEASED = "service.webhooks_released"
    MODEL_TRAINED = "model.trained"
    MODEL_PROMOTED = "model.promoted"

    @property
    def target_type(self) -> AuditTargetType:
        """The type of the target."""
        return AuditTargetType(self.value.partition(".")[0])


class Actor(msgspec.Struct, frozen=True):
    """The key of a request; the ID of the key in the settings is ``admin``."""

    key_id: str
    role: Role


class AuditEntry(msgspec.Struct, frozen=True):
    """One action.

    Attributes:
        at: UTC.
        target_id: ID of the object; of a user, the ID that clients know.
        tenant: Tenant of the object or of the actor; None without one.
        details: Names and short values; no secrets, no file names, notes or URLs.
    """

    id: str
    at: datetime
    actor: Actor
    action: AuditAction
    target_id: str
    tenant: str | None
    request_id: str
    details: dict[str, str]


class AuditFilter(msgspec.Struct, frozen=True):
    """Which entries a list has; all that is set must match.

    Attributes:
        since: First moment, UTC.
        until: First moment that is too late, UTC.
        actor: ID of a key.
        target: ID of an object.
        before: Only entries older than the one with this ID.
    """

    since: datetime | None = None
    until: datetime | None = None
    actor: str | None = None
    action: AuditAction | None = None
    target: str | None = None
    before: str | None = None
