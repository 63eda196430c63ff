from enum import StrEnum


class AuditTargetType(StrEnum):
    """A value of a later version of the service is kept: its name is the value."""

    API_KEY = "api_key"
    BATCH = "batch"
    DEAD_LETTER = "dead_letter"
    DELIVERY = "delivery"
    IMAGE = "image"
    JOB = "job"
    MODEL = "model"
    SERVICE = "service"
    UPLOAD_LINK = "upload_link"
    USER = "user"
    WEBHOOK = "webhook"

    @classmethod
    def _missing_(cls, value: object) -> "AuditTargetType | None":
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = value
        return member

    def __str__(self) -> str:
        return str(self.value)
