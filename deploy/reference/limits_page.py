"""docs/limits.md: every limit, its default, and the error beyond it."""

from collections.abc import Mapping

import msgspec

from api.http.errors import status_of
from deploy.reference.fields import Setting, settings_of
from domain.errors.base import ServiceError
from domain.errors.capacity import (
    BacklogFull,
    ListenersFull,
    RateLimited,
    StorageFull,
    TooManyInFlight,
    TooManyListeners,
    TooManyUploads,
)
from domain.errors.files import (
    CorruptImage,
    DecoderDied,
    DecodeTimedOut,
    FileRefused,
    FileTooLarge,
    MetadataTooLarge,
    TooManyFrames,
    TooManyPixels,
)
from domain.errors.requests import (
    HeadersTooLarge,
    HeadersTooSlow,
    MalformedMultipart,
    RequestTooLarge,
    TooManyParts,
    UploadTooSlow,
)
from domain.limits import (
    AdmissionLimits,
    ImageLimits,
    ListenerLimits,
    StructureLimits,
    UploadLimits,
)

Beyond = str | type[ServiceError]
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
BEYOND: Mapping[str, Beyond] = {
    "max_file_bytes": FileTooLarge,
    "max_request_bytes": RequestTooLarge,
    "max_files": TooManyParts,
    "max_filename_chars": "shortened, the extension is kept",
    "max_field_bytes": RequestTooLarge,
    "max_fields": TooManyParts,
    "max_part_headers": MalformedMultipart,
    "max_part_header_bytes": MalformedMultipart,
    "max_header_bytes": HeadersTooLarge,
    "max_header_seconds": HeadersTooSlow,
    "max_upload_seconds": UploadTooSlow,
    "max_pixels": TooManyPixels,
    "max_side_px": TooManyPixels,
    "max_frames": TooManyFrames,
    "max_metadata_bytes": MetadataTooLarge,
    "max_seconds": DecodeTimedOut,
    "max_child_bytes": f"`{TooManyPixels.code}` or `{DecoderDied.code}`",
    "directories": "the count ends",
    "tag_values": "the tag is left out",
    "tag_reads": "the block counts as empty",
    "tag_read_bytes": "the block counts as empty",
    "camera_notes": "not searched",
    "camera_note_entries": "not searched",
    "tenant_max_images_in_flight": TooManyInFlight,
    "max_concurrent_uploads": TooManyUploads,
    "max_backlog_seconds": BacklogFull,
    "max_backlog_images": BacklogFull,
    "min_free_disk_bytes": StorageFull,
    "max_stored_bytes": StorageFull,
    "max_listeners": ListenersFull,
    "tenant_max_listeners": TooManyListeners,
    "listener_heartbeat_seconds": "a comment is sent",
    "listener_stall_seconds": "the stream ends",
}
# All other limits of these structs.
BEYOND_OTHERS: Mapping[type[msgspec.Struct], Beyond] = {
    StructureLimits: CorruptImage,
    AdmissionLimits: RateLimited,
}
_BINARY_UNITS = {1024**3: "GiB", 1024**2: "MiB", 1024: "KiB"}


def limits_page() -> str:
    """Write the page, a table for each struct of limits.

    Raises:
        KeyError: For a new limit this module does not say what happens beyond it.
    """
    tables = (_table(title, kind) for title, kind in SECTIONS.items())
    return INTRODUCTION + "".join(tables) + ENDING


def _table(title: str, kind: type[msgspec.Struct]) -> str:
    named = "" if kind is StructureLimits else " variable |"
    lines = [f"\n## {title}\n", f"| limit | default | beyond it |{named}"]
    lines.append("|---|---|---|---|" if named else "|---|---|---|")
    for setting in settings_of(kind):
        beyond = BEYOND[setting.name] if setting.name in BEYOND else BEYOND_OTHERS[kind]
        row = f"| {setting.meaning} | {_quantity(setting)} | {_shown(beyond)} |"
        lines.append(row + (f" `{setting.variable}` |" if named else ""))
    return "\n".join(lines) + "\n"


def _quantity(setting: Setting) -> str:
    value = setting.default
    if not value:
        return "none"
    if setting.unit == "bytes":
        for size, unit in _BINARY_UNITS.items():
            if value % size == 0:
                return f"{value // size:,} {unit}"
    return f"{value:,.15g} {setting.unit}".strip()


def _shown(beyond: Beyond) -> str:
    if isinstance(beyond, str):
        return beyond
    if issubclass(beyond, FileRefused | DecodeTimedOut):
        return f"`{beyond.code}`"
    return f"{status_of(beyond()).value} `{beyond.code}`"
