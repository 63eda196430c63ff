from enum import StrEnum


class AuditAction(StrEnum):
    """A value of a later version of the service is kept: its name is the value."""

    API_KEY_CREATED = "api_key.created"
    API_KEY_REVOKED = "api_key.revoked"
    API_KEY_SECRET_ROTATED = "api_key.secret_rotated"
    BATCH_CANCELED = "batch.canceled"
    BATCH_CREATED = "batch.created"
    DEAD_LETTER_DISCARDED = "dead_letter.discarded"
    DEAD_LETTER_RETRIED = "dead_letter.retried"
    DELIVERY_REDELIVERED = "delivery.redelivered"
    IMAGE_DELETED = "image.deleted"
    JOB_CANCELED = "job.canceled"
    JOB_RETRIED = "job.retried"
    MODEL_PROMOTED = "model.promoted"
    MODEL_TRAINED = "model.trained"
    SERVICE_WEBHOOKS_RELEASED = "service.webhooks_released"
    UPLOAD_LINK_CREATED = "upload_link.created"
    UPLOAD_LINK_REVOKED = "upload_link.revoked"
    USER_DELETED = "user.deleted"
    WEBHOOK_CREATED = "webhook.created"
    WEBHOOK_DELETED = "webhook.deleted"
    WEBHOOK_REDELIVERED = "webhook.redelivered"
    WEBHOOK_SECRET_ROTATED = "webhook.secret_rotated"
    WEBHOOK_UPDATED = "webhook.updated"

    @classmethod
    def _missing_(cls, value: object) -> "AuditAction | None":
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = value
        return member

    def __str__(self) -> str:
        return str(self.value)
