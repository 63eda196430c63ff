"""Resumable uploads: files that arrive in several requests, before a job uses them."""

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from domain.errors.requests import MalformedRequest
from domain.keys import ADMIN_USER, Caller, Role

METADATA = "Upload-Metadata"
# As in tus-js-client's own examples, and as Uppy writes it.
NAMES_OF_FILE = ("filename", "name")
_KEY = re.compile(r"[!-+\--~]+")
"""Printable ASCII without blanks and commas."""


class UploadPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The properties of a new upload; see :class:`ResumableUpload`."""

    owner: str
    key_id: str
    link_id: str | None
    user_id: str | None
    length: int
    filename: str
    metadata: str
    expires_at: datetime
    creation_key: str | None = None


class ResumableUpload(UploadPlan, frozen=True, kw_only=True):
    """A resumable upload.

    Attributes:
        owner: Whose it is, from :func:`upload_owner`.
        link_id: The link that it came through; None for a key.
        user_id: Stored ID of the user whose deletion deletes it; None: no user is known yet.
        file_id: ID of the stored bytes; only the store can read it.
        length: Announced size, in bytes.
        offset: The first so many bytes are durable.
        filename: As it is kept; never empty.
        metadata: The header ``Upload-Metadata`` as it was sent; empty if there was none.
        creation_key: The record of the Idempotency-Key of its creation; None without one.
        expires_at: When it is removed unless something happens with it before, UTC.
        fence: Grows with every request that goes on with it; one with a lower number writes
            nothing any more.
        sha256: Hash of all bytes, as 64 hex digits; None while it is not computed.
        head: The first bytes, by which the format is detected; with ``sha256``.
        object_name: The object that has its bytes as well, since all are there; None: there is
            none.
        job_id: The job that used it; None: none yet.
    """

    id: str
    file_id: Any
    offset: int = 0
    created_at: datetime
    fence: int = 0
    sha256: str | None = None
    head: bytes = b""
    object_name: str | None = None
    job_id: str | None = None

    @property
    def is_finished(self) -> bool:
        """Whether all bytes are there."""
        return self.offset == self.length


def upload_owner(caller: Caller) -> str:
    """Name the owner of the resumable uploads of a caller.

    Any key of a user, or any service key of a tenant, can go on with an upload: an app may get
    another key meanwhile.
    """
    match caller.role:
        case Role.ADMIN:
            return ADMIN_USER
        case Role.SERVICE if caller.tenant is not None:
            return f"tenant:{caller.tenant}"
        case Role.CLIENT:
            return f"user:{caller.user_id}"
        case _:
            return f"key:{caller.key_id}"


def parse_metadata(header: str, max_bytes: int) -> dict[str, bytes]:
    """Parse the header ``Upload-Metadata``: keys, each with a value in base64 or with none.

    Source: tus 1.0.0, Creation.

    Raises:
        MalformedRequest: It is too long, or not well formed.
    """
    if len(header) > max_bytes:
        raise malformed_header(METADATA, f"has more than {max_bytes} bytes")
    values: dict[str, bytes] = {}
    for pair in header.split(",") if header.strip() else ():
        key, _, encoded = pair.strip().partition(" ")
        if not _KEY.fullmatch(key) or key in values:
            fault = "has a key that is empty, not ASCII, or there twice"
            raise malformed_header(METADATA, fault)
        try:
            values[key] = base64.b64decode(encoded.strip(), validate=True)
        except (binascii.Error, ValueError):
            raise malformed_header(METADATA, f"the value of {key!r} is not base64") from None
    return values


def name_of_file(metadata: Mapping[str, bytes]) -> bytes:
    """Return the name of a file as it was sent; empty if it was not."""
    return next((metadata[key] for key in NAMES_OF_FILE if metadata.get(key)), b"")


def malformed_header(name: str, fault: str) -> MalformedRequest:
    """Return the refusal of a header of resumable uploads."""
    return MalformedRequest(f"{name}: {fault}.", {name: fault})
