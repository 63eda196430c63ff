"""Secrets of receivers, and signatures made with them.

Source: Standard Webhooks 1.0.0, https://github.com/standard-webhooks/standard-webhooks.
"""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime

SECRET_PREFIX = "whsec_"  # noqa: S105 -- how secrets begin, not one of them
_OF_KEY = b"minilab webhook secret"


def webhook_secret(random_bits: bytes) -> str:
    """Write 256 random bits as a secret."""
    return SECRET_PREFIX + b64encode(random_bits).decode()


def webhook_secret_of_key(random_bits: bytes) -> str:
    """Work out the webhook secret of a key from the bits that the key itself is made of.

    So a repeated request can be answered with it again, though neither is kept in the open; what
    the one looks like tells nothing of the other.
    """
    return webhook_secret(hmac.digest(random_bits, _OF_KEY, "sha256"))


def signed_headers(
    message_id: str, at: datetime, body: bytes, secrets: Sequence[str]
) -> dict[str, str]:
    """Make the headers with which a receiver can tell who sent a message, and when.

    Args:
        message_id: The same on every attempt.
        at: When this attempt is made, UTC.
        body: The very bytes that are sent.
        secrets: Those that are live; each signs.

    Returns:
        ``webhook-id``, ``webhook-timestamp`` and ``webhook-signature``.
    """
    timestamp = str(int(at.timestamp()))
    signed = b".".join([message_id.encode(), timestamp.encode(), body])
    signatures = [f"v1,{_signature(secret, signed)}" for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(signatures),
    }


def _signature(secret: str, signed: bytes) -> str:
    key = b64decode(secret.removeprefix(SECRET_PREFIX))
    return b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
