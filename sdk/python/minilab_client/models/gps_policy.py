from enum import StrEnum


class GpsPolicy(StrEnum):
    KEEP = "keep"
    STRIP = "strip"

    def __str__(self) -> str:
        return str(self.value)
