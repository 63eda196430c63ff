"""Webhook secrets and signatures.

Source: Standard Webhooks 1.0.0, https://github.com/standard-webhooks/standard-webhooks.
"""

import hmac
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime

from standardwebhooks.webhooks import Webhook

SECRET_PREFIX = "whsec_"  # noqa: S105 -- the prefix of every secret
_PURPOSE = b"minilab webhook secret"


def webhook_secret(random_bits: bytes) -> str:
    """Write 24 to 64 random bytes as a secret."""
    return SECRET_PREFIX + b64encode(random_bits).decode()


def webhook_secret_of_key(random_bits: bytes) -> str:
    """Derive the webhook secret of a key from the bits that the key is made of.

    A repeated request can be answered with the same secret, although neither is stored in plain
    text. The secret does not reveal the key.
    """
    return webhook_secret(hmac.digest(random_bits, _PURPOSE, "sha256"))


def signed_headers(
    message_id: str, at: datetime, body: bytes, secrets: Sequence[str]
) -> dict[str, str]:
    """Make the headers that identify, date and sign an attempt; each of the live secrets signs."""
    text = body.decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(
            Webhook(secret).sign(message_id, at, text) for secret in secrets
        ),
    }
