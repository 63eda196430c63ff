"""All bounds in one place. Each is checked before the work that it bounds costs anything."""

from typing import Annotated

import msgspec

Positive = Annotated[int, msgspec.Meta(ge=1)]
PositiveSeconds = Annotated[float, msgspec.Meta(gt=0)]
Count = Annotated[int, msgspec.Meta(ge=0)]
Rate = Annotated[float, msgspec.Meta(ge=0)]


class UploadLimits(msgspec.Struct, frozen=True):
    """What one request may bring.

    Attributes:
        max_file_bytes: Largest single file, in bytes.
        max_request_bytes: Largest body of one request, in bytes.
        max_files: Most parts with a file name in one request.
        max_filename_chars: Longest file name that is kept; longer ones are shortened.
        max_field_bytes: Largest text field of a form, in bytes.
        max_fields: Most text fields in one request.
        max_part_headers: Most header lines of one part.
        max_part_header_bytes: Longest header line of one part, in bytes.
        max_header_bytes: Longest request line and headers together, in bytes.
        max_header_seconds: Longest time for them to arrive, in seconds.
        max_upload_seconds: Longest time for a body to arrive, in seconds.
    """

    max_file_bytes: Positive = 64 * 1024 * 1024
    max_request_bytes: Positive = 2 * 1024 * 1024 * 1024
    max_files: Positive = 1000
    max_filename_chars: Annotated[int, msgspec.Meta(ge=16)] = 255
    max_field_bytes: Positive = 16 * 1024
    max_fields: Positive = 16
    max_part_headers: Positive = 8
    max_part_header_bytes: Positive = 8 * 1024
    max_header_bytes: Positive = 64 * 1024
    max_header_seconds: PositiveSeconds = 20.0
    max_upload_seconds: PositiveSeconds = 1800.0


class ImageLimits(msgspec.Struct, frozen=True):
    """What one image may cost once it is looked into.

    Attributes:
        max_pixels: Most pixels (width × height) that are decoded.
        max_side_px: Longest side, in pixels.
        max_frames: Most frames or pages that a file may hold; the first one is processed.
        max_metadata_bytes: Most bytes of tags, colour profiles and texts in one file.
        max_seconds: Longest time for all operations on one image, in seconds.
        max_child_bytes: Address space that a child may add to what it starts with, in bytes.
    """

    max_pixels: Positive = 100_000_000
    max_side_px: Positive = 32_768
    max_frames: Positive = 10_000
    max_metadata_bytes: Positive = 16 * 1024 * 1024
    max_seconds: PositiveSeconds = 30.0
    max_child_bytes: Positive = 2 * 1024 * 1024 * 1024


class StructureLimits(msgspec.Struct, frozen=True):
    """How far the structure of a file is followed; beyond it the file counts as damaged.

    No honest file comes near these, so that no setting changes them.

    Attributes:
        jpeg_markers: Markers outside the pixel data of a JPEG.
        jpeg_scans: Scans of a progressive JPEG; what libjpeg-turbo's fuzzers allow.
        png_chunks: Chunks of a PNG.
        webp_chunks: Chunks of a WebP.
        gif_blocks: Blocks of a GIF, those within its frames included.
        heif_boxes: Boxes of a HEIC or AVIF at its top.
        directories: Pages of a TIFF that are counted; there the count ends.
        directory_entries: Tags of one directory of a TIFF.
        tag_values: Values of one tag; longer arrays are left out.
        tag_reads: Reads of one EXIF block, loops among them; then it counts as empty.
        tag_read_bytes: Bytes read of one EXIF block, loops among them; likewise.
        camera_notes: Segments of a JPEG that are searched for what cameras older than EXIF wrote.
        camera_note_entries: Entries of one of those.
    """

    jpeg_markers: int = 20_000
    jpeg_scans: int = 500
    png_chunks: int = 200_000
    webp_chunks: int = 20_000
    gif_blocks: int = 500_000
    heif_boxes: int = 10_000
    directories: int = 100_000
    directory_entries: int = 65_535
    tag_values: int = 1_000_000
    tag_reads: int = 60_000
    tag_read_bytes: int = 16 * 1024 * 1024
    camera_notes: int = 8
    camera_note_entries: int = 256


STRUCTURE = StructureLimits()


class AdmissionLimits(msgspec.Struct, frozen=True):
    """How much is let in, by tenant and in all. A value of 0 switches its limit off.

    A tenant is the user of a client key, or a service key; admin keys are none.

    Attributes:
        tenant_requests_per_second: Uploads of one tenant in the long run; may be a fraction.
        tenant_requests_burst: Most uploads of one tenant at once.
        tenant_files_per_second: Files of one tenant in the long run.
        tenant_files_burst: Most files of one tenant at once; a request may go over it.
        tenant_bytes_per_second: Bytes of one tenant in the long run.
        tenant_bytes_burst: Most bytes of one tenant at once; a request may go over it.
        tenant_max_images_in_flight: Most images of one tenant that are waiting or worked on.
        max_concurrent_uploads: Most large uploads (1 MiB and more) that one API process takes in
            at the same time; smaller ones count in proportion, 1/32 at least.
        max_backlog_seconds: Longest time that the live workers may need for all that waits.
        max_backlog_images: Most images that may be waiting or worked on.
        min_free_disk_bytes: Least room that is left on MongoDB's disk, in bytes.
        max_stored_bytes: Most bytes of stored files, each blob counted once.
    """

    tenant_requests_per_second: Rate = 1000.0
    tenant_requests_burst: Positive = 5000
    tenant_files_per_second: Rate = 2000.0
    tenant_files_burst: Positive = 20_000
    tenant_bytes_per_second: Rate = 200_000_000.0
    tenant_bytes_burst: Positive = 4 * 1024 * 1024 * 1024
    tenant_max_images_in_flight: Count = 50_000
    max_concurrent_uploads: Count = 128
    max_backlog_seconds: Annotated[float, msgspec.Meta(ge=0)] = 3600.0
    max_backlog_images: Count = 1_000_000
    min_free_disk_bytes: Count = 256 * 1024 * 1024
    max_stored_bytes: Count = 0


class ListenerLimits(msgspec.Struct, frozen=True):
    """How many event streams one API process holds open, and how.

    Attributes:
        max_listeners: Most streams of one API process; 0 for any number.
        tenant_max_listeners: Most of these of one tenant; 0 for any number.
        listener_heartbeat_seconds: Longest silence of a stream, in seconds.
        listener_stall_seconds: A reader that takes nothing for so long is cut off, in seconds.
    """

    max_listeners: Count = 2000
    tenant_max_listeners: Count = 500
    listener_heartbeat_seconds: PositiveSeconds = 15.0
    listener_stall_seconds: PositiveSeconds = 30.0
