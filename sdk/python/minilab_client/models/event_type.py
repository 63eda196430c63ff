from enum import StrEnum


class EventType(StrEnum):
    """A value of a later version of the service is kept: its name is the value."""

    DEAD_LETTER_CREATED = "dead_letter.created"
    IMAGE_DELETED = "image.deleted"
    IMAGE_PROCESSED = "image.processed"
    JOB_FINISHED = "job.finished"
    LINK_USED_UP = "link.used_up"
    WEBHOOK_DISABLED = "webhook.disabled"
    WEBHOOK_TEST = "webhook.test"

    @classmethod
    def _missing_(cls, value: object) -> "EventType | None":
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = value
        return member

    def __str__(self) -> str:
        return str(self.value)
