"""Signed URLs: what the token of one allows, until when, and through whose key.

A token is the prefix and, in base64url, a fixed number of bytes: the grant, and its HMAC-SHA256
with a signing key of the service. A wrong one is refused without a look-up of what it names.
"""

import hashlib
import hmac
import re
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from enum import IntEnum
from uuid import UUID

import msgspec

from domain.images.sizes import PictureFormat, Size, read_size

TOKEN_PREFIX = "mls_"  # noqa: S105 -- how tokens begin
MIN_SECONDS = 60
MAX_SECONDS = 7 * 24 * 3600
VARIANTS = ("original", "grayscale", "thumbnail", "faces")
"""Tokens hold the place in this list: append only."""

FORMATS = (PictureFormat.JPEG, PictureFormat.WEBP, PictureFormat.AVIF)
"""Tokens of sizes hold the place in this list: append only."""

_NO_ID = UUID(int=0)
# Purpose, kind of issuer, variant, number of the signing key, expiry, object, issuer.
_GRANT = struct.Struct(">BBBII16s16s")
# Of a size, the variant is its format; then its width, 0 for that of the original, and a filler.
_SIZED = struct.Struct(">BBBII16s16sHx")
_MAC_BYTES = hashlib.sha256().digest_size
# Multiples of three, so that each token can be written in one way only.
_CHARS = {kind: (kind.size + _MAC_BYTES) // 3 * 4 for kind in (_GRANT, _SIZED)}
_FORMS = {
    kind: re.compile(rf"{TOKEN_PREFIX}[A-Za-z0-9_-]{{{chars}}}") for kind, chars in _CHARS.items()
}
_MARK_BYTES = 16


class Purpose(IntEnum):
    """What a URL is for."""

    CONTENT = 1
    """A picture of an image."""
    EVENTS = 2
    """The event stream of a job."""
    RESULTS = 3
    """The results of a job that was uploaded through a link."""


class Issuer(IntEnum):
    """Kind of the key through which a URL was made."""

    SETTINGS = 0
    """The admin key in the settings."""
    KEY = 1
    LINK = 2


class Grant(msgspec.Struct, frozen=True):
    """What a signed URL allows.

    Attributes:
        object_id: The image or the job, a UUID.
        expires_at: Whole seconds, UTC.
        issuer_id: The ID of the key or the link, a UUID; None for the key in the settings.
        variant: The variant of the image, or the name of a size.
    """

    purpose: Purpose
    object_id: str
    expires_at: datetime
    issuer: Issuer
    issuer_id: str | None = None
    variant: str = VARIANTS[0]


class SigningKey(msgspec.Struct, frozen=True):
    """A key of the service that signs URLs.

    Attributes:
        number: Tells keys apart; 31 random bits.
        secret: 256 random bits.
        created_at: UTC.
    """

    number: int
    secret: bytes
    created_at: datetime


class Token(msgspec.Struct, frozen=True):
    """A token that was read, and whose signature was not compared yet."""

    grant: Grant
    key_number: int
    signed: bytes
    mac: bytes

    def is_genuine(self, key: SigningKey, bound_to: bytes = b"") -> bool:
        """Return whether a key has signed this token. Takes the same time for every wrong MAC."""
        return hmac.compare_digest(self.mac, _mac(key, self.signed + bound_to))

    def resume_mark(self, key: SigningKey) -> str:
        """Return what only a reader of the stream knows: it is a part of the ID of each event."""
        mark = _mac(key, b"resume" + self.mac)[:_MARK_BYTES]
        return urlsafe_b64encode(mark).decode().rstrip("=")


def write_token(grant: Grant, key: SigningKey, bound_to: bytes = b"") -> str:
    """Write the token of a grant. The same grant and key give the same token.

    Args:
        bound_to: What the token ends with: a change of it makes the signature wrong.
    """
    size = read_size(grant.variant)
    fields = (
        grant.purpose,
        grant.issuer,
        VARIANTS.index(grant.variant) if size is None else FORMATS.index(size.format),
        key.number,
        int(grant.expires_at.timestamp()),
        UUID(grant.object_id).bytes,
        (UUID(grant.issuer_id) if grant.issuer_id else _NO_ID).bytes,
    )
    signed = _GRANT.pack(*fields) if size is None else _SIZED.pack(*fields, size.width_px or 0)
    mac = _mac(key, signed + bound_to)
    return TOKEN_PREFIX + urlsafe_b64encode(signed + mac).decode()


def read_token(text: str) -> Token | None:
    """Read a token; None if it has not the form of one. Its signature is not compared."""
    form = next((kind for kind, form in _FORMS.items() if form.fullmatch(text)), None)
    if form is None:
        return None
    raw = urlsafe_b64decode(text.removeprefix(TOKEN_PREFIX))
    signed, mac = raw[: form.size], raw[form.size :]
    purpose, issuer, place, number, expires_at, object_id, issuer_id, *width = form.unpack(signed)
    try:
        variant = Size(FORMATS[place], width[0] or None).name if width else VARIANTS[place]
        grant = Grant(
            Purpose(purpose),
            str(UUID(bytes=object_id)),
            datetime.fromtimestamp(expires_at, UTC),
            Issuer(issuer),
            None if issuer == Issuer.SETTINGS else str(UUID(bytes=issuer_id)),
            variant,
        )
    except (ValueError, IndexError):
        return None
    return Token(grant, number, signed, mac)


def find_expiry(object_id: str, now: datetime, seconds: int) -> datetime:
    """Work out when a URL expires, so that the same request soon gives the same URL.

    It lives for at least ``seconds``, and less than half of that longer. All URLs of an object
    change together, and those of other objects at other times.
    """
    step = max(1, seconds // 2)
    least = int(now.timestamp()) + 1 + seconds
    return datetime.fromtimestamp(least + (UUID(object_id).int - least) % step, UTC)


def has_mark(event_id: str, mark: str) -> bool:
    """Return whether the ID of an event ends with a mark; see :meth:`Token.resume_mark`."""
    _, _, shown = event_id.partition(".")
    return hmac.compare_digest(shown.encode(), mark.encode())


def _mac(key: SigningKey, signed: bytes) -> bytes:
    return hmac.digest(key.secret, signed, "sha256")
