"""All bounds in one place. Each is checked before the work that it bounds costs anything."""

from typing import Annotated

import msgspec

Positive = Annotated[int, msgspec.Meta(ge=1)]
PositiveSeconds = Annotated[float, msgspec.Meta(gt=0)]


class UploadLimits(msgspec.Struct, frozen=True):
    """What one request may bring.

    Attributes:
        max_file_bytes: Largest single file, in bytes.
        max_request_bytes: Largest body of one request, in bytes.
        max_files: Most parts with a file name in one request.
        max_filename_chars: Longest file name that is kept; longer ones are shortened.
        max_field_bytes: Largest text field of a form, in bytes.
        max_upload_seconds: Longest time for a body to arrive, in seconds.
    """

    max_file_bytes: Positive = 64 * 1024 * 1024
    max_request_bytes: Positive = 2 * 1024 * 1024 * 1024
    max_files: Positive = 1000
    max_filename_chars: Annotated[int, msgspec.Meta(ge=16)] = 255
    max_field_bytes: Positive = 16 * 1024
    max_upload_seconds: PositiveSeconds = 1800.0


class ImageLimits(msgspec.Struct, frozen=True):
    """What one image may cost once it is looked into.

    Attributes:
        max_pixels: Most pixels (width × height) that are decoded.
        max_side_px: Longest side, in pixels.
        max_seconds: Longest time for all operations on one image, in seconds.
        max_child_bytes: Address space that a child may add to what it starts with, in bytes.
    """

    max_pixels: Positive = 100_000_000
    max_side_px: Positive = 32_768
    max_seconds: PositiveSeconds = 30.0
    max_child_bytes: Positive = 2 * 1024 * 1024 * 1024
