"""docs/limits.md: every limit, its default, and the error beyond it."""

from collections.abc import Iterator, Mapping

import msgspec

from api.http.errors import status_of
from deploy.reference.fields import Setting, settings_of
from domain.errors.base import ServiceError
from domain.errors.files import DecodeTimedOut, FileRefused
from domain.limits import (
    AdmissionLimits,
    ImageLimits,
    ListenerLimits,
    StructureLimits,
    UploadLimits,
)

INTRODUCTION = """\
# Limits

<!-- Written by `make reference` from the code. -->

The service checks each limit before the work that the limit bounds. A limit with a variable can be
[set](settings.md). Where the status is missing, the error is that of one file: the other files of
the request are processed.
"""
ENDING = """
## Child processes

Images are decoded in child processes. On Linux a child has no network, writes no file, reads only
libraries, and cannot start, signal or inspect another process (Landlock and seccomp;
[0021](decisions/0021-hostile-input.md)). At its start, the log event `sandbox` lists what the
platform supports.
"""
SECTIONS: dict[str, type[msgspec.Struct]] = {
    "Uploads": UploadLimits,
    "Images": ImageLimits,
    "Structure of files (fixed)": StructureLimits,
    "Admission": AdmissionLimits,
    "Event streams": ListenerLimits,
}
# The code of an error, or a phrase.
BEYOND: Mapping[str, str] = {
    "max_file_bytes": "file_too_large",
    "max_request_bytes": "request_too_large",
    "max_files": "too_many_parts",
    "max_filename_chars": "shortened, the extension is kept",
    "max_field_bytes": "request_too_large",
    "max_fields": "too_many_parts",
    "max_part_headers": "malformed_multipart",
    "max_part_header_bytes": "malformed_multipart",
    "max_header_bytes": "headers_too_large",
    "max_header_seconds": "headers_too_slow",
    "max_upload_seconds": "upload_too_slow",
    "max_pixels": "too_many_pixels",
    "max_side_px": "too_many_pixels",
    "max_frames": "too_many_frames",
    "max_metadata_bytes": "metadata_too_large",
    "max_seconds": "decode_timed_out",
    "max_child_bytes": "`too_many_pixels` or `decoder_died`",
    "directories": "the count ends",
    "tag_values": "the tag is left out",
    "tag_reads": "the block counts as empty",
    "tag_read_bytes": "the block counts as empty",
    "camera_notes": "not searched",
    "camera_note_entries": "not searched",
    "tenant_max_images_in_flight": "too_many_in_flight",
    "max_concurrent_uploads": "too_many_uploads",
    "max_backlog_seconds": "backlog_full",
    "max_backlog_images": "backlog_full",
    "min_free_disk_bytes": "storage_full",
    "max_stored_bytes": "storage_full",
    "max_listeners": "listeners_full",
    "tenant_max_listeners": "too_many_listeners",
    "listener_heartbeat_seconds": "a comment is sent",
    "listener_stall_seconds": "the stream ends",
}
# All other limits of these structs.
BEYOND_OTHERS: Mapping[type[msgspec.Struct], str] = {
    StructureLimits: "corrupt_image",
    AdmissionLimits: "rate_limited",
}
_BINARY_UNITS = {1024**3: "GiB", 1024**2: "MiB", 1024: "KiB"}


def limits_page() -> str:
    """Write the page, a table for each struct of limits.

    Raises:
        KeyError: This module does not say what happens beyond a limit, or names an unknown code.
    """
    codes = {kind.code: kind for kind in _subclasses(ServiceError)}
    page = INTRODUCTION
    for title, kind in SECTIONS.items():
        named = kind is not StructureLimits
        page += f"\n## {title}\n\n| limit | default | beyond it |{' variable |' * named}\n"
        page += f"|---|---|---|{'---|' * named}\n"
        for setting in settings_of(kind):
            beyond = BEYOND[setting.name] if setting.name in BEYOND else BEYOND_OTHERS[kind]
            shown = beyond if " " in beyond else _shown(codes[beyond])
            page += f"| {setting.meaning} | {_quantity(setting)} | {shown} |"
            page += f" `{setting.variable}` |\n" if named else "\n"
    return page + ENDING


def _subclasses(kind: type[ServiceError]) -> Iterator[type[ServiceError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _subclasses(child)


def _shown(error: type[ServiceError]) -> str:
    if issubclass(error, FileRefused | DecodeTimedOut):
        return f"`{error.code}`"
    return f"{status_of(error()).value} `{error.code}`"


def _quantity(setting: Setting) -> str:
    value = setting.default
    if not value:
        return "none"
    if setting.unit == "bytes":
        for size, unit in _BINARY_UNITS.items():
            if value % size == 0:
                return f"{value // size:,} {unit}"
    return f"{value:,.15g} {setting.unit}".strip()
