from enum import StrEnum


class Metric(StrEnum):
    CHI2 = "chi2"
    CORRELATION = "correlation"
    EMD = "emd"
    HELLINGER = "hellinger"
    INTERSECTION = "intersection"

    def __str__(self) -> str:
        return str(self.value)
