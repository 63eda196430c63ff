from enum import StrEnum


class Role(StrEnum):
    """A value of a later version of the service is kept: its name is the value."""

    ADMIN = "admin"
    CLIENT = "client"
    LINK = "link"
    READER = "reader"
    SERVICE = "service"

    @classmethod
    def _missing_(cls, value: object) -> "Role | None":
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = value
        return member

    def __str__(self) -> str:
        return str(self.value)
