"""Secrets at rest: read with any key of the list, and with no other."""

import pytest

from domain.errors.capacity import WebhooksNotSetUp
from storage.webhooks.secret_box import Vault

OLD, NEW = "o" * 32, "n" * 32
SECRET = "whsec_of-somebody"


def test_first_key_encrypts_and_all_decrypt() -> None:
    before, between, after = Vault([OLD]), Vault([NEW, OLD]), Vault([NEW])
    assert between.decrypt(before.encrypt(SECRET)) == SECRET
    assert after.decrypt(between.encrypt(SECRET)) == SECRET
    with pytest.raises(WebhooksNotSetUp):
        before.decrypt(between.encrypt(SECRET))


def test_same_secret_is_never_written_the_same_and_never_in_the_open() -> None:
    vault = Vault([OLD])
    first, second = vault.encrypt(SECRET), vault.encrypt(SECRET)
    assert first != second
    assert SECRET not in first


def test_key_that_is_gone_is_told_without_what_it_protected() -> None:
    encrypted = Vault([OLD]).encrypt(SECRET)
    with pytest.raises(WebhooksNotSetUp, match="MINILAB_SECRET_KEY") as refused:
        Vault([NEW]).decrypt(encrypted)
    assert encrypted not in str(refused.value)


def test_without_a_key_nothing_is_kept() -> None:
    vault = Vault([])
    assert not vault.is_open
    for attempt in (vault.check_open, lambda: vault.encrypt(SECRET), lambda: vault.decrypt("x")):
        with pytest.raises(WebhooksNotSetUp, match="MINILAB_SECRET_KEY"):
            attempt()
