"""Walk the boxes of a HEIC or AVIF file and let the decoder read the header."""

from domain.errors.files import CorruptImage
from domain.images.formats import ImageFormat
from domain.images.headers import Header
from domain.images.headers.ifd import read_orientation
from domain.images.pillow import open_picture
from domain.limits import STRUCTURE


def read_heif(data: bytes, image_format: ImageFormat) -> Header:
    """Read the dimensions and make sure that every box is whole.

    The decoder of HEIC turns the picture upright itself, so its size is the upright one and
    its orientation is 1; that of AVIF reports the turn as an EXIF orientation.

    Args:
        data: The file; of a sequence the primary picture counts.
        image_format: HEIC or AVIF.

    Returns:
        Its header.

    Raises:
        CorruptImage: A box is cut off, or the decoder cannot read the header.

    Source:
        ISO/IEC 14496-12 §4.2 for the boxes.
    """
    _check_boxes(data)
    with open_picture(data, image_format) as picture:
        width, height = picture.size
        stored = picture.info.get("exif")
        exif = stored.removeprefix(b"Exif\x00\x00") if isinstance(stored, bytes) else None
        return Header(
            width,
            height,
            frames=int(getattr(picture, "n_frames", 1)),
            orientation=read_orientation(exif) if image_format is ImageFormat.AVIF else 1,
            stored_orientation=picture.info.get("original_orientation"),
            has_alpha="A" in picture.getbands(),
            exif=exif or None,
            metadata_bytes=sum(
                len(value) for value in picture.info.values() if isinstance(value, bytes)
            ),
        )


def _check_boxes(data: bytes) -> None:
    position = 0
    for _ in range(STRUCTURE.heif_boxes):
        length = int.from_bytes(data[position : position + 4], "big")
        if length == 1:
            length = int.from_bytes(data[position + 8 : position + 16], "big")
        if length == 0 and position + 8 <= len(data):  # Reaches to the end of the file.
            return
        if length < 8:
            raise CorruptImage("A box has no size.")
        position += length
        if position == len(data):
            return
        if position > len(data):
            raise CorruptImage("The file ends before the end of the picture.")
    raise CorruptImage("The file has too many boxes.")
