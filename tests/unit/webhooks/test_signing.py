"""Signatures: the published vector, and verification by the reference library."""

from base64 import b64decode
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from domain.webhooks.signing import signed_headers, webhook_secret, webhook_secret_of_key

BODY = '{"type":"job.finished","data":{"note":"größer"}}'.encode()
OLD, NEW, OTHER = (webhook_secret(bytes([number]) * 32) for number in (1, 2, 3))


def test_signs_the_published_vector() -> None:
    headers = signed_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        datetime.fromtimestamp(1614265330, UTC),
        b'{"test": 2432232314}',
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_each_live_secret_verifies(secret: str) -> None:
    headers = signed_headers("msg_1", datetime.now(UTC), BODY, [NEW, OLD])
    assert Webhook(secret).verify(BODY, headers)["type"] == "job.finished"


@pytest.mark.parametrize(
    ("body", "message_id", "secret"),
    [(BODY + b" ", "msg_1", NEW), (BODY, "msg_2", NEW), (BODY, "msg_1", OTHER)],
)
def test_what_was_changed_does_not_verify(body: bytes, message_id: str, secret: str) -> None:
    headers = signed_headers("msg_1", datetime.now(UTC), BODY, [NEW, OLD])
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, headers | {"webhook-id": message_id})


def test_secret_has_256_bits_and_does_not_show_the_key_that_it_follows_from() -> None:
    bits = bytes(range(32))
    secret = webhook_secret_of_key(bits)
    assert secret.startswith("whsec_")
    assert len(b64decode(secret.removeprefix("whsec_"))) == 32
    assert secret != webhook_secret(bits)
    assert secret == webhook_secret_of_key(bits)
