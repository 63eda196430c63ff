from enum import StrEnum


class EventType(StrEnum):
    DEAD_LETTER_CREATED = "dead_letter.created"
    IMAGE_DELETED = "image.deleted"
    IMAGE_PROCESSED = "image.processed"
    JOB_FINISHED = "job.finished"
    LINK_USED_UP = "link.used_up"
    WEBHOOK_DISABLED = "webhook.disabled"
    WEBHOOK_TEST = "webhook.test"

    def __str__(self) -> str:
        return str(self.value)
