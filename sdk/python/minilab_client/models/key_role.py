from enum import StrEnum


class KeyRole(StrEnum):
    ADMIN = "admin"
    CLIENT = "client"
    SERVICE = "service"

    def __str__(self) -> str:
        return str(self.value)
