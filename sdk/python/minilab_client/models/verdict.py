from enum import StrEnum


class Verdict(StrEnum):
    """A value of a later version of the service is kept: its name is the value."""

    BLANK = "blank"
    BLURRED = "blurred"
    BRIGHT = "bright"
    DARK = "dark"
    FLAT = "flat"
    NOISY = "noisy"

    @classmethod
    def _missing_(cls, value: object) -> "Verdict | None":
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = value
        return member

    def __str__(self) -> str:
        return str(self.value)
