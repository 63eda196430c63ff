from enum import StrEnum


class DeadLetterCode(StrEnum):
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    DECODER_DIED = "decoder_died"
    DECODE_TIMED_OUT = "decode_timed_out"
    OPERATION_FAILED = "operation_failed"

    def __str__(self) -> str:
        return str(self.value)
