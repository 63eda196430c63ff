from enum import StrEnum


class DeadLetterCode(StrEnum):
    """A value of a later version of the service is kept: its name is the value."""

    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    DECODER_DIED = "decoder_died"
    DECODE_TIMED_OUT = "decode_timed_out"
    OPERATION_FAILED = "operation_failed"

    @classmethod
    def _missing_(cls, value: object) -> "DeadLetterCode | None":
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = value
        return member

    def __str__(self) -> str:
        return str(self.value)
