from enum import StrEnum


class LinkStatus(StrEnum):
    EXPIRED = "expired"
    OPEN = "open"
    REVOKED = "revoked"
    USED_UP = "used_up"

    def __str__(self) -> str:
        return str(self.value)
