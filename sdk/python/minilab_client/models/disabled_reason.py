from enum import StrEnum


class DisabledReason(StrEnum):
    BY_OWNER = "by_owner"
    FAILING = "failing"
    GONE = "gone"
    KEY_INVALID = "key_invalid"

    def __str__(self) -> str:
        return str(self.value)
