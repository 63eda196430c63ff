"""The headers of the tus protocol, and the parts of it that this service has.

Source: tus resumable upload protocol 1.0.0, https://tus.io/protocols/resumable-upload
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Container, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime

import msgspec

from domain.errors.requests import ChecksumMismatch, MalformedRequest, WrongContentType
from domain.resumable import METADATA, ResumableUpload, malformed_header
from storage.blobs.intake import Digest

TUS_ROUTE = "/v1/uploads/tus"
VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
CONTENT_TYPE = "application/offset+octet-stream"
ALGORITHMS: Mapping[str, Callable[[], Digest]] = {
    "md5": lambda: hashlib.md5(usedforsecurity=False),
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": hashlib.sha256,
}
# Extensions that a client may ask for, and whose headers change what a request means.
NOT_SUPPORTED = ("Upload-Concat", "Upload-Defer-Length")


class Checksum(msgspec.Struct, frozen=True):
    """The checksum that the bytes of a request must have, in hex digits."""

    algorithm: str
    expected: str

    def begin(self) -> Digest:
        """Begin to compute it."""
        return ALGORITHMS[self.algorithm]()

    def check(self, digest: Digest) -> None:
        """Compare it.

        Raises:
            ChecksumMismatch: The bytes have another one.
        """
        if digest.hexdigest() != self.expected:
            raise ChecksumMismatch("Send the same bytes again.")


def is_tus(path: str) -> bool:
    """Return whether a path is one of resumable uploads."""
    return path == TUS_ROUTE or path.startswith(f"{TUS_ROUTE}/")


def read_checksum(header: str | None) -> Checksum | None:
    """Read the header ``Upload-Checksum``.

    Raises:
        MalformedRequest: It is not well formed, or names another algorithm.
    """
    if header is None:
        return None
    algorithm, _, encoded = header.strip().partition(" ")
    if algorithm not in ALGORITHMS:
        raise malformed_header("Upload-Checksum", f"names none of {', '.join(ALGORITHMS)}")
    try:
        value = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        value = b""
    checksum = Checksum(algorithm, value.hex())
    if len(checksum.expected) != len(checksum.begin().hexdigest()):
        raise malformed_header("Upload-Checksum", f"has no {algorithm} in base64")
    return checksum


def has_bytes(content_type: str | None, length: int | None, *, is_required: bool) -> bool:
    """Say whether the body of a request has bytes of an upload.

    Raises:
        WrongContentType: It must have some, or has some, and has another type.
    """
    media_type = (content_type or "").partition(";")[0].strip().lower()
    if media_type == CONTENT_TYPE:
        return True
    if is_required or length:
        raise WrongContentType(f"Send the bytes as {CONTENT_TYPE}.")
    return False


def unsupported(names: Container[bytes]) -> MalformedRequest | None:
    """Return the refusal of a creation by its headers, if one is of another extension."""
    for name in NOT_SUPPORTED:
        if name.lower().encode() in names:
            return malformed_header(name, f"is not supported; the extensions are {EXTENSIONS}")
    return None


def progress_headers(upload: ResumableUpload) -> dict[str, str]:
    """Say how far an upload has come, and when it expires."""
    headers = {"Upload-Offset": str(upload.offset)}
    if upload.job_id is None:
        headers["Upload-Expires"] = _http_date(upload.expires_at)
    return headers


def description_headers(upload: ResumableUpload) -> dict[str, str]:
    """Say the same with what was said of the upload at its creation."""
    headers = progress_headers(upload) | {"Upload-Length": str(upload.length)}
    if upload.metadata:
        headers[METADATA] = upload.metadata
    return headers


def service_headers(max_bytes: int) -> list[tuple[bytes, bytes]]:
    """Describe the service, in the answer to OPTIONS."""
    headers = {
        "tus-version": VERSION,
        "tus-extension": EXTENSIONS,
        "tus-max-size": str(max_bytes),
        "tus-checksum-algorithm": ",".join(ALGORITHMS),
        "cache-control": "no-store",
    }
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def _http_date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC), usegmt=True)
