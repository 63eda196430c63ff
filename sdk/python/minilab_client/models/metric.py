from enum import StrEnum


class Metric(StrEnum):
    """A value of a later version of the service is kept: its name is the value."""

    CHI2 = "chi2"
    CORRELATION = "correlation"
    EMD = "emd"
    HELLINGER = "hellinger"
    INTERSECTION = "intersection"

    @classmethod
    def _missing_(cls, value: object) -> "Metric | None":
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = value
        return member

    def __str__(self) -> str:
        return str(self.value)
