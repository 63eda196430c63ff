from enum import StrEnum


class ImageFormat(StrEnum):
    AVIF = "avif"
    BMP = "bmp"
    GIF = "gif"
    HEIC = "heic"
    JPEG = "jpeg"
    PNG = "png"
    TIFF = "tiff"
    WEBP = "webp"

    def __str__(self) -> str:
        return str(self.value)
