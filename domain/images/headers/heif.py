"""Header of a HEIC or AVIF file."""

from domain.errors.files import CorruptImage
from domain.images.containers.boxes import box_budget, read_boxes
from domain.images.containers.tiff import find_orientation
from domain.images.formats import ImageFormat
from domain.images.header import Header
from domain.images.pillow import open_picture


def read_heif(data: bytes, image_format: ImageFormat) -> Header:
    """Check that every box is whole, and read the dimensions with the decoder.

    The decoder of HEIC turns the picture upright, so its size is the upright one and its
    orientation is 1; the decoder of AVIF reports the turn as an EXIF orientation.

    Args:
        data: The file; of a sequence the primary picture counts.
        image_format: HEIC or AVIF.

    Raises:
        CorruptImage: A box is cut off, or the decoder cannot read the header.

    Source:
        ISO/IEC 14496-12 §4.2 for the boxes.
    """
    boxes = read_boxes(data, (0, len(data)), box_budget())
    if not boxes or boxes[-1].end != len(data):
        raise CorruptImage("The file ends before the end of the picture.")
    with open_picture(data, image_format) as picture:
        width, height = picture.size
        stored = picture.info.get("exif")
        exif = stored.removeprefix(b"Exif\x00\x00") if isinstance(stored, bytes) else None
        is_avif = image_format is ImageFormat.AVIF
        return Header(
            width,
            height,
            frames=int(getattr(picture, "n_frames", 1)),
            orientation=(is_avif and find_orientation(exif)) or 1,
            stored_orientation=picture.info.get("original_orientation"),
            has_alpha="A" in picture.getbands(),
            exif=exif or None,
            metadata_bytes=sum(
                len(value) for value in picture.info.values() if isinstance(value, bytes)
            ),
        )
