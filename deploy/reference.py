"""``python -m deploy.reference [--check]``: writes the tables of pages in docs/.

The tables stand between two marks. The prose around them is edited in the pages.
"""

import re
import sys
import types
from collections import defaultdict
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

import api.settings
import tasks.delivery.settings
import tasks.learning.settings
import tasks.settings
from api.contract.error_docs import catalogue
from api.contract.schema_docs import split_attributes
from api.http.errors import status_of
from deploy.local_settings import LocalSettings
from domain import limits
from domain.errors.base import ServiceError
from domain.errors.files import DecodeTimedOut, FileRefused
from domain.settings import PREFIX

DOCS = Path(__file__).resolve().parents[1] / "docs"
TABLES = re.compile(r"(?<=<!-- tables -->\n).*(?=<!-- end of tables -->\n)", re.DOTALL)
PROCESSES: dict[str, type[msgspec.Struct]] = {
    "API": api.settings.Settings,
    "worker": tasks.settings.Settings,
    "deliverer": tasks.delivery.settings.Settings,
    "learner": tasks.learning.settings.Settings,
}
UNITS = {"seconds": "s", "bytes": "bytes", "px": "px", "pixels": "pixels", "chars": "characters"}
# Each struct of limits, and the code of its error where BEYOND has none.
LIMITS: dict[str, tuple[type[msgspec.Struct], str]] = {
    "Uploads": (limits.UploadLimits, ""),
    "Resumable uploads": (limits.ResumableLimits, ""),
    "Images": (limits.ImageLimits, ""),
    "Structure of files (fixed)": (limits.StructureLimits, "corrupt_image"),
    "Admission": (limits.AdmissionLimits, "rate_limited"),
    "Keys and links of service keys": (limits.KeyLimits, ""),
    "Event streams and held answers": (limits.ListenerLimits, ""),
    "Large reads": (limits.ReadLimits, ""),
    "Connections": (limits.ConnectionLimits, ""),
}
# The code of an error or a phrase, and its limits.
LIMITS_OF: Mapping[str, str] = {
    "file_too_large": "max_file_bytes",
    "request_too_large": "max_request_bytes max_field_bytes max_body_bytes",
    "too_many_parts": "max_files max_fields max_urls",
    "shortened, the extension is kept": "max_filename_chars",
    "malformed_part": "max_part_headers max_part_header_bytes",
    "headers_too_large": "max_header_bytes",
    "headers_too_slow": "max_header_seconds",
    "upload_too_slow": "max_upload_seconds",
    "too_many_pixels": "max_pixels max_side_px",
    "too_many_frames": "max_frames",
    "metadata_too_large": "max_metadata_bytes",
    "decode_timed_out": "max_seconds",
    "`too_many_pixels` or `decoder_died`": "max_child_bytes",
    "ignored, with the warning `profile_ignored`": "profile_bytes",
    "the count ends": "directories",
    "the tag is left out": "tag_values",
    "the block counts as empty": "tag_reads tag_read_bytes",
    "not searched": "camera_notes camera_note_entries",
    "too_many_in_flight": "tenant_max_images_in_flight",
    "too_many_uploads": "max_concurrent_uploads",
    "backlog_full": "max_backlog_seconds max_backlog_images expected_images_per_second",
    "storage_full": "min_free_disk_bytes max_stored_bytes",
    "quota_exceeded": "tenant_max_stored_bytes",
    "too_many_webhooks": "max_webhooks_per_key",
    "invalid_value": "max_client_key_seconds",
    "too_many_keys": "max_keys_per_service_key",
    "too_many_links": "max_links_per_service_key",
    "too_many_wrong_keys": "max_wrong_keys_per_minute",
    "listeners_full": "max_listeners",
    "too_many_listeners": "tenant_max_listeners",
    "the request waits": "max_downloads max_archives",
    "resumable_expired": "resumable_seconds",
    "too_many_resumable_uploads": "tenant_max_resumable_uploads tenant_max_resumable_bytes",
    "malformed_request": "max_upload_metadata_bytes",
    "too_many_images": "max_archive_images",
    "archive_too_large": "max_archive_bytes",
    "reading_full": "max_waiting_downloads",
    "rendering_full": "max_waiting_renderings",
    "a comment is sent": "listener_heartbeat_seconds",
    "the stream ends": "listener_stall_seconds",
    "connections_full": "max_connections",
    "too_many_connections": "max_connections_per_address",
    "body_too_slow": "max_body_stall_seconds min_body_bytes_per_second",
    "the connection ends": "max_unread_seconds max_unread_bytes",
}
BEYOND = {name: beyond for beyond, names in LIMITS_OF.items() for name in names.split()}


class Setting(msgspec.Struct, frozen=True):
    """One field of a settings struct, as the pages show it."""

    name: str
    default: Any
    allowed: str
    meaning: str

    @property
    def variable(self) -> str:
        """The environment variable."""
        return PREFIX + self.name.upper()

    @property
    def unit(self) -> str:
        """As in ``bytes``; empty if the meaning says it."""
        if found := re.search(r"_([a-z]+)_per_second\Z", self.name):
            return f"{found[1]}/s"
        return next((unit for word, unit in UNITS.items() if word in self.name.split("_")), "")

    @property
    def shown_default(self) -> str:
        """The default as docs/settings.md shows it."""
        value = self.default.value if isinstance(self.default, Enum) else self.default
        if self.name == "worker_children":
            return "the number of CPUs"
        if value is msgspec.NODEFAULT:
            return "required"
        if value is None or value == "":
            return ""
        return f"`{str(value).lower()}`" if isinstance(value, bool | str) else f"{value:.15g}"

    @property
    def quantity(self) -> str:
        """The default as docs/limits.md shows it."""
        if not self.default:
            return "none"
        for size, unit in ((1024**3, "GiB"), (1024**2, "MiB"), (1024, "KiB")):
            if self.unit == "bytes" and self.default % size == 0:
                return f"{self.default // size:,} {unit}"
        return f"{self.default:,.15g} {self.unit}".strip()


def settings_of(kind: type[msgspec.Struct]) -> Iterator[Setting]:
    """Read the fields of a struct and what its docstring says about them.

    Raises:
        KeyError: The docstring leaves a field out.
    """
    _, meanings = split_attributes(kind.__doc__ or "")
    for field in msgspec.structs.fields(kind):
        yield Setting(field.name, field.default, _allowed(field.type), meanings[field.name])


def settings_tables() -> str:
    """Write a table for each set of processes that read the same variables."""
    readers: dict[Setting, list[str]] = defaultdict(list)
    for process, settings in PROCESSES.items():
        for part in msgspec.structs.fields(settings):
            for setting in settings_of(part.type):
                readers[setting] += [process] * (process not in readers[setting])
    read = {setting.name for setting in readers}
    for setting in settings_of(LocalSettings):
        if setting.name not in read:
            readers[setting] = ["`make run`"]
    tables: dict[tuple[str, ...], str] = {}
    for setting, processes in readers.items():
        cells = (setting.shown_default, setting.unit, setting.allowed, setting.meaning)
        row = f"| `{setting.variable}` | {' | '.join(cells)} |\n"
        tables[tuple(processes)] = tables.get(tuple(processes), "") + row
    head = "| variable | default | unit | allowed | meaning |\n|---|---|---|---|---|\n"
    page = ""
    for names in sorted(tables, key=len, reverse=True):
        title = " and ".join(", ".join(names).rsplit(", ", 1))
        page += f"\n## {title[0].upper()}{title[1:]}\n\n{head}{tables[names]}"
    return page


def limits_tables() -> str:
    """Write a table for each struct of limits.

    Raises:
        KeyError: :data:`LIMITS_OF` leaves a limit out, or names an unknown code.
    """
    shown = dict(_shown_codes(ServiceError))
    page = ""
    for title, (kind, code) in LIMITS.items():
        named = kind is not limits.StructureLimits
        page += f"\n## {title}\n\n| limit | default | beyond it |{' variable |' * named}\n"
        page += f"|---|---|---|{'---|' * named}\n"
        for setting in settings_of(kind):
            beyond = BEYOND.get(setting.name, code)
            beyond = beyond if " " in beyond else shown[beyond]
            page += f"| {setting.meaning} | {setting.quantity} | {beyond} |"
            page += f" `{setting.variable}` |\n" if named else "\n"
    return page


def error_tables() -> str:
    """Write a table for each group of errors."""
    page = ""
    for title, errors in catalogue().items():
        page += f"\n## {title}\n\n| code | status | title | meaning |\n|---|---|---|---|\n"
        for error in errors:
            page += f"| `{error.code}` | {error.status} | {error.title} | {error.meaning} |\n"
    return page


def main() -> int:
    """Write the tables, or compare them with the code; 1 if a committed page differs."""
    stale = False
    for name, tables in (
        ("settings.md", settings_tables()),
        ("limits.md", limits_tables()),
        ("errors.md", error_tables()),
    ):
        text = (DOCS / name).read_text()
        fresh = TABLES.sub(lambda _, tables=tables: tables + "\n", text)  # type: ignore[misc]
        if "--check" not in sys.argv[1:]:
            (DOCS / name).write_text(fresh)
        elif fresh != text:
            stale = True
            sys.stderr.write(f"docs/{name} differs from the code: run `make reference`\n")
    return int(stale)


def _allowed(kind: Any) -> str:
    origin = get_origin(kind)
    if origin is Annotated:
        inner, *metas = get_args(kind)
        return next((text for meta in metas if (text := _bounds(meta))), _allowed(inner))
    if origin in {Union, types.UnionType}:
        return " or ".join(text for part in get_args(kind) if (text := _allowed(part)))
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ", ".join(f"`{value.value}`" for value in kind)
    return "`true`, `false`" if kind is bool else ""


def _bounds(meta: msgspec.Meta) -> str:
    if meta.ge is not None:
        return f"{meta.ge:g} or more" if meta.le is None else f"{meta.ge:g} to {meta.le:.15g}"
    return "" if meta.gt is None else f"more than {meta.gt:g}"


def _shown_codes(kind: type[ServiceError]) -> Iterator[tuple[str, str]]:
    """Yield the codes of the errors below a class, and what a page shows of each."""
    for error in kind.__subclasses__():
        is_of_file = issubclass(error, FileRefused | DecodeTimedOut)
        yield error.code, f"{'' if is_of_file else status_of(error())} `{error.code}`".strip()
        yield from _shown_codes(error)


if __name__ == "__main__":
    sys.exit(main())
