from enum import StrEnum


class ModelStatus(StrEnum):
    """A value of a later version of the service is kept: its name is the value."""

    CANDIDATE = "candidate"
    FAILED = "failed"
    LIVE = "live"
    RETIRED = "retired"
    TRAINING = "training"

    @classmethod
    def _missing_(cls, value: object) -> "ModelStatus | None":
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = value
        return member

    def __str__(self) -> str:
        return str(self.value)
