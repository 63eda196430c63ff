"""What a file says about itself before any pixel is decoded, one format a module."""

import msgspec


class Header(msgspec.Struct, frozen=True):
    """What the structure of a file tells.

    Attributes:
        width: Pixels of a row as stored.
        height: Rows as stored.
        frames: Frames or pages.
        orientation: How to turn the stored picture upright, EXIF 1 to 8; 1 where the decoder
            has already done it.
        stored_orientation: The EXIF orientation that the file holds, where the decoder has
            removed it from ``exif``.
        has_alpha: Whether pixels can be transparent.
        exif: The TIFF structure with the EXIF tags.
        metadata_bytes: Bytes of tags, colour profiles and texts; 0 for TIFF, where they are part
            of its directory, and for formats that have none.
        camera_notes: Segments in which cameras older than EXIF wrote about the picture.
    """

    width: int
    height: int
    frames: int = 1
    orientation: int = 1
    stored_orientation: int | None = None
    has_alpha: bool = False
    exif: bytes | None = None
    metadata_bytes: int = 0
    camera_notes: tuple[bytes, ...] = ()

    @property
    def upright_size(self) -> tuple[int, int]:
        """Width and height of the upright picture, in pixels."""
        if self.orientation >= 5:
            return self.height, self.width
        return self.width, self.height
