"""Encrypted secrets: readable with any key of the list, and with no other."""

import pytest

from domain.errors.capacity import WebhooksNotSetUp
from storage.webhooks.secret_box import SecretBox

OLD, NEW = "o" * 32, "n" * 32
SECRET = "whsec_of-somebody"


def test_first_key_encrypts_and_all_decrypt() -> None:
    before, between, after = SecretBox([OLD]), SecretBox([NEW, OLD]), SecretBox([NEW])
    assert between.decrypt(before.encrypt(SECRET)) == SECRET
    assert after.decrypt(between.encrypt(SECRET)) == SECRET
    with pytest.raises(WebhooksNotSetUp):
        before.decrypt(between.encrypt(SECRET))


def test_same_secret_is_never_written_the_same_and_never_in_the_open() -> None:
    secret_box = SecretBox([OLD])
    first, second = secret_box.encrypt(SECRET), secret_box.encrypt(SECRET)
    assert first != second
    assert SECRET not in first


def test_key_that_is_gone_is_told_without_what_it_protected() -> None:
    encrypted = SecretBox([OLD]).encrypt(SECRET)
    with pytest.raises(WebhooksNotSetUp, match="MINILAB_SECRET_KEY") as refused:
        SecretBox([NEW]).decrypt(encrypted)
    assert encrypted not in str(refused.value)


def test_without_a_key_nothing_is_kept() -> None:
    secret_box = SecretBox([])
    assert not secret_box.is_configured
    for attempt in (
        secret_box.check_configured,
        lambda: secret_box.encrypt(SECRET),
        lambda: secret_box.decrypt("x"),
    ):
        with pytest.raises(WebhooksNotSetUp, match="MINILAB_SECRET_KEY"):
            attempt()
