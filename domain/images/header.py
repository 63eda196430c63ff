"""The header of an image file."""

import msgspec

from domain.images.formats import ImageFormat
from domain.images.values import ImageWarning


class Header(msgspec.Struct, frozen=True):
    """Facts that the structure of a file gives before any pixel is decoded.

    Attributes:
        width: Pixels of a row as stored.
        height: Rows as stored.
        orientation: EXIF orientation, 1 to 8, that turns the decoded picture upright; 1 if the
            decoder turns it.
        named_orientation: EXIF orientation by which the picture is turned in all, 1 to 8; None if
            the file names none. HEIC and AVIF name it in their boxes, the others in EXIF.
        crop: The part of the decoded picture that is shown, before it is turned: left, top, right
            and bottom in pixels, right and bottom exclusive; None for all of it.
        has_alpha: Whether pixels can be transparent.
        profile: ICC profile of the colours; None means sRGB. It may be broken.
        exif: The TIFF structure with the EXIF tags.
        may_have_tags: Whether tags can be anywhere else in the file, such as in XMP.
        metadata_bytes: Bytes of tags, colour profiles and texts; 0 for TIFF, which keeps them in
            its directory, and for formats without metadata.
        camera_notes: JPEG segments that cameras older than EXIF wrote about the picture.
        warnings: What is wrong with the file.
        ends_early: Whether the file ends before an end that its structure names.
        decodable: The file for decoders, and its format, where they would refuse or misread the
            original: without what misleads them, or with a missing end.
    """

    width: int
    height: int
    frames: int = 1
    orientation: int = 1
    named_orientation: int | None = None
    crop: tuple[int, int, int, int] | None = None
    has_alpha: bool = False
    profile: bytes | None = None
    exif: bytes | None = None
    may_have_tags: bool = True
    metadata_bytes: int = 0
    camera_notes: tuple[bytes, ...] = ()
    warnings: tuple[ImageWarning, ...] = ()
    ends_early: bool = False
    decodable: tuple[bytes, ImageFormat] | None = None

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height of the upright picture, in pixels."""
        left, top, right, bottom = self.crop or (0, 0, self.width, self.height)
        width, height = right - left, bottom - top
        return (height, width) if self.orientation >= 5 else (width, height)
