from enum import StrEnum


class GetImageContentVariant(StrEnum):
    FACES = "faces"
    GRAYSCALE = "grayscale"
    ORIGINAL = "original"
    THUMBNAIL = "thumbnail"

    def __str__(self) -> str:
        return str(self.value)
