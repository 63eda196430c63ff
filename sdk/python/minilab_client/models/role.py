from enum import StrEnum


class Role(StrEnum):
    ADMIN = "admin"
    CLIENT = "client"
    LINK = "link"
    SERVICE = "service"

    def __str__(self) -> str:
        return str(self.value)
