"""All limits in one place. Each is checked before the work that it bounds."""

from typing import Annotated

import msgspec

Positive = Annotated[int, msgspec.Meta(ge=1)]
PositiveSeconds = Annotated[float, msgspec.Meta(gt=0)]
Count = Annotated[int, msgspec.Meta(ge=0)]
Rate = Annotated[float, msgspec.Meta(ge=0)]


class UploadLimits(msgspec.Struct, frozen=True):
    """Limits of one request.

    Attributes:
        max_file_bytes: Size of one file, in bytes.
        max_request_bytes: Size of the body of one request, in bytes.
        max_files: Files in one request: parts with a file name.
        max_urls: URLs in one request.
        max_filename_chars: Length of a stored file name; a longer name is shortened.
        max_field_bytes: Size of one text field of a form, in bytes.
        max_fields: Text fields in one request.
        max_part_headers: Header lines of one part.
        max_part_header_bytes: Length of one header line of a part, in bytes.
        max_header_bytes: Size of the request line and the headers together, in bytes.
        max_header_seconds: Time in which the request line and the headers arrive, in seconds.
        max_upload_seconds: Time in which the body of a request arrives, in seconds. The workers
            must have the same value.
    """

    max_file_bytes: Positive = 64 * 1024 * 1024
    max_request_bytes: Positive = 2 * 1024 * 1024 * 1024
    max_files: Positive = 1000
    max_urls: Positive = 100
    max_filename_chars: Annotated[int, msgspec.Meta(ge=16)] = 255
    max_field_bytes: Positive = 16 * 1024
    max_fields: Positive = 40
    max_part_headers: Positive = 8
    max_part_header_bytes: Positive = 8 * 1024
    max_header_bytes: Positive = 64 * 1024
    max_header_seconds: PositiveSeconds = 20.0
    max_upload_seconds: PositiveSeconds = 1800.0


class ResumableLimits(msgspec.Struct, frozen=True):
    """Limits of resumable uploads, from their creation until a job uses them.

    Attributes:
        resumable_seconds: Time after the last byte after which a resumable upload is removed that
            is unfinished, or that no job has used, in seconds.
        tenant_max_resumable_uploads: Resumable uploads of one tenant that no job has used. Admin
            keys have no limit. 0: no limit.
        tenant_max_resumable_bytes: Announced size of these uploads together, in bytes. 0: no limit.
        max_upload_metadata_bytes: Length of the header ``Upload-Metadata``, in bytes.
    """

    resumable_seconds: PositiveSeconds = 24 * 3600.0
    tenant_max_resumable_uploads: Count = 1000
    tenant_max_resumable_bytes: Count = 16 * 1024 * 1024 * 1024
    max_upload_metadata_bytes: Positive = 4 * 1024


class ImageLimits(msgspec.Struct, frozen=True):
    """Limits of one image.

    Attributes:
        max_pixels: Pixels (width × height) of an image.
        max_side_px: Width and height of an image, in pixels.
        max_frames: Frames or pages of one file; only the first is processed.
        max_metadata_bytes: Size of all tags, colour profiles and texts of one file, in bytes.
        max_seconds: Time for all operations on one image, in seconds.
        max_child_bytes: Address space that a child process adds after its start, in bytes.
    """

    max_pixels: Positive = 100_000_000
    max_side_px: Positive = 32_768
    max_frames: Positive = 10_000
    max_metadata_bytes: Positive = 16 * 1024 * 1024
    max_seconds: PositiveSeconds = 30.0
    max_child_bytes: Positive = 2 * 1024 * 1024 * 1024


class StructureLimits(msgspec.Struct, frozen=True):
    """Limits of the structure of a file. No honest file comes near them: they are fixed.

    Attributes:
        jpeg_markers: Markers outside the pixel data of a JPEG.
        jpeg_scans: Scans of a progressive JPEG, as in libjpeg-turbo's fuzzers.
        png_chunks: Chunks of a PNG.
        profile_bytes: Size of a colour profile, unpacked.
        webp_chunks: Chunks of a WebP.
        gif_blocks: Blocks of a GIF, including those inside its frames.
        heif_boxes: Boxes of a HEIC or AVIF, including those inside other boxes.
        heif_extents: Entries of one table in the index of a HEIC or AVIF.
        directories: Pages of a TIFF.
        directory_entries: Tags of one directory of a TIFF.
        tag_values: Values of one tag.
        tag_reads: Reads in one EXIF block; loops count each time.
        tag_read_bytes: Bytes read in one EXIF block; loops count each time.
        camera_notes: Segments of a JPEG that are searched for the notes of cameras before EXIF.
        camera_note_entries: Entries of one such segment.
        missing_bytes: Bytes that are missing at the end of a file that is cut off.
        pixels_per_byte: Pixels for each byte of a file that is cut off. Deflate compresses most:
            up to 8,256 pixels of one bit in a byte.
    """

    jpeg_markers: int = 20_000
    jpeg_scans: int = 500
    png_chunks: int = 200_000
    profile_bytes: int = 4 * 1024 * 1024
    webp_chunks: int = 20_000
    gif_blocks: int = 500_000
    heif_boxes: int = 100_000
    heif_extents: int = 200_000
    directories: int = 100_000
    directory_entries: int = 65_535
    tag_values: int = 1_000_000
    tag_reads: int = 60_000
    tag_read_bytes: int = 16 * 1024 * 1024
    camera_notes: int = 8
    camera_note_entries: int = 256
    missing_bytes: int = 64 * 1024 * 1024
    pixels_per_byte: int = 8_300


STRUCTURE = StructureLimits()


class AdmissionLimits(msgspec.Struct, frozen=True):
    """Limits of each tenant, and of the whole service.

    A tenant is the user of a client key, a service key, or an upload link; admin keys have none.

    Attributes:
        tenant_requests_per_second: Sustained uploads of one tenant; may be a fraction. 0: no
            limit.
        tenant_requests_burst: Uploads of one tenant at once.
        tenant_files_per_second: Sustained files of one tenant. 0: no limit.
        tenant_files_burst: Files of one tenant at once; a single request may exceed it.
        tenant_bytes_per_second: Sustained bytes of one tenant. 0: no limit.
        tenant_bytes_burst: Bytes of one tenant at once; a single request may exceed it.
        tenant_max_images_in_flight: Images of one tenant that wait or are processed. 0: no limit.
        max_concurrent_uploads: Uploads of 1 MiB and more that one API process receives at the
            same time, some 4 MB of memory each. A smaller one counts in proportion, 1/32 at
            least. A tenant holds no more than are still free. Admin keys have an eighth more.
            0: no limit.
        max_backlog_seconds: Time that the workers need for all waiting work, in seconds. 0: no
            limit.
        expected_images_per_second: Pace that the workers can grow to, where something starts more
            of them when work waits. The limit of the time counts with it, if the live workers are
            slower. 0: the live workers alone count.
        max_backlog_images: Images that wait or are processed. 0: no limit.
        min_free_disk_bytes: Free space that remains on MongoDB's disk, in bytes; two seconds of
            what all API processes can take in, or more. 0: no limit.
        max_stored_bytes: Size of all stored files, equal files counted once, in bytes. 0: no
            limit.
        max_webhooks_per_key: Webhooks of the owner of a key: the user of a client key, the tenant
            of a service key, or a service key without a tenant. Also the hosts of its
            ``callback_url`` that have never answered with 2xx. Admin keys may have 1,000 webhooks.
            0: 1,000 for other keys, too.
        tenant_max_stored_bytes: Size of all stored images of the tenant of a key, in bytes; equal
            images count each time. For keys without a tenant: of the user of a client key or link,
            or of all uploads of a service key. A key can have another limit. 0: no limit.
        max_wrong_keys_per_minute: Requests with a wrong key from one address in a minute. Valid
            keys are accepted beyond it, too. 0: no limit.
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
    expected_images_per_second: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    max_backlog_images: Count = 1_000_000
    min_free_disk_bytes: Count = 256 * 1024 * 1024
    max_stored_bytes: Count = 0
    max_webhooks_per_key: Count = 20
    tenant_max_stored_bytes: Count = 0
    max_wrong_keys_per_minute: Count = 100


class TenantLimits(msgspec.Struct, frozen=True):
    """Limits of one tenant in place of those of the settings; None: that of the settings.

    Attributes:
        requests_per_second: Sustained uploads; 0: no limit.
        requests_burst: Uploads at once.
        files_per_second: Sustained files; 0: no limit.
        files_burst: Files at once.
        bytes_per_second: Sustained bytes; 0: no limit.
        bytes_burst: Bytes at once.
        max_images_in_flight: Images that wait or are processed; 0: no limit.
    """

    requests_per_second: Rate | None = None
    requests_burst: Positive | None = None
    files_per_second: Rate | None = None
    files_burst: Positive | None = None
    bytes_per_second: Rate | None = None
    bytes_burst: Positive | None = None
    max_images_in_flight: Count | None = None

    def in_place_of(self, limits: AdmissionLimits) -> AdmissionLimits:
        """Return the limits of the settings with these in place of those of tenants."""
        own = {
            f"tenant_{name}": value
            for name, value in msgspec.structs.asdict(self).items()
            if value is not None
        }
        return msgspec.structs.replace(limits, **own)


class KeyLimits(msgspec.Struct, frozen=True):
    """Limits of what a service key creates for its users.

    Attributes:
        max_client_key_seconds: Longest life of a client key that a service key creates, in seconds.
        max_keys_per_service_key: Keys of one service key that have not expired. 0: no limit.
        max_links_per_service_key: Open upload links of one service key. 0: no limit.
    """

    max_client_key_seconds: Positive = 90 * 24 * 3600
    max_keys_per_service_key: Count = 100_000
    max_links_per_service_key: Count = 1_000


class ListenerLimits(msgspec.Struct, frozen=True):
    """Limits of the event streams and of the answers that one API process holds.

    Attributes:
        max_listeners: Open streams and held answers (`Prefer: wait`) of one API process, some
            40 KB of memory each. 0: no limit.
        tenant_max_listeners: Open streams and held answers of one tenant in one API process. 0: no
            limit.
        listener_heartbeat_seconds: Silence of a stream, in seconds.
        listener_stall_seconds: Time in which a client reads nothing, in seconds.
    """

    max_listeners: Count = 2000
    tenant_max_listeners: Count = 500
    listener_heartbeat_seconds: PositiveSeconds = 15.0
    listener_stall_seconds: PositiveSeconds = 30.0


class ReadLimits(msgspec.Struct, frozen=True):
    """Limits of large reads in one API process. Tenants take turns; each may have half of a limit.

    Attributes:
        max_downloads: Pictures of more than 255 KiB that are sent at the same time, some 600 KB
            of memory each; further requests wait for their turn.
        max_archives: ZIP archives that are sent at the same time, some 3 MB of memory each;
            further requests wait for their turn.
        max_archive_images: Images in one archive.
        max_archive_bytes: Size of the uploaded files of the images in one archive, in bytes.
        max_waiting_downloads: Requests for such pictures that wait; likewise for archives.
        max_waiting_renderings: Pictures that wait to be rendered; all requests for one count once.
    """

    max_downloads: Positive = 128
    max_archives: Positive = 8
    max_archive_images: Positive = 1000
    max_archive_bytes: Positive = 8 * 1024 * 1024 * 1024
    max_waiting_downloads: Positive = 1000
    max_waiting_renderings: Positive = 200


class ConnectionLimits(msgspec.Struct, frozen=True):
    """Limits of the connections of one API process, on every route.

    Attributes:
        max_connections: Open connections. 0: no limit.
        max_connections_per_address: Open connections of one address (IPv6: of a network /64). For
            connections of a trusted proxy: running requests of one address behind it. 0: no limit.
        max_body_bytes: Size of a body that is no upload, in bytes.
        max_body_stall_seconds: Time in which a body may bring nothing, in seconds; also the time
            before the least rate holds.
        min_body_bytes_per_second: Least rate of a body. 0: no limit.
        max_unread_seconds: Time in which a client may read nothing of an answer, in seconds.
        max_unread_bytes: Size of all parts of answers that wait for their clients to read on, in
            bytes. Beyond it, the clients that have read nothing for the longest time are
            disconnected.
    """

    max_connections: Count = 16_000
    max_connections_per_address: Count = 12_000
    max_body_bytes: Positive = 1024 * 1024
    max_body_stall_seconds: PositiveSeconds = 20.0
    min_body_bytes_per_second: Rate = 1000.0
    max_unread_seconds: PositiveSeconds = 30.0
    max_unread_bytes: Positive = 128 * 1024 * 1024
