"""Tokens of signed URLs, and when they expire."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from api.schemas.images import ImageVariant
from domain.signed_urls import (
    MAX_SECONDS,
    MIN_SECONDS,
    TOKEN_PREFIX,
    VARIANTS,
    Grant,
    Issuer,
    Purpose,
    SigningKey,
    find_expiry,
    has_mark,
    read_token,
    write_token,
)
from storage.access.signing_keys import ROTATION

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
KEY = SigningKey(7, bytes(range(32)), NOW)
IMAGE = "019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b4"
OTHER = "019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b5"
GRANT = Grant(Purpose.CONTENT, IMAGE, NOW, Issuer.KEY, OTHER, "thumbnail")
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@pytest.mark.parametrize(
    "grant",
    [
        GRANT,
        Grant(Purpose.EVENTS, IMAGE, NOW, Issuer.LINK, OTHER),
        Grant(Purpose.CONTENT, IMAGE, NOW, Issuer.SETTINGS),
        Grant(Purpose.CONTENT, IMAGE, NOW, Issuer.KEY, OTHER, "w640-webp"),
        Grant(Purpose.CONTENT, IMAGE, NOW, Issuer.KEY, OTHER, "full-avif"),
    ],
)
def test_token_holds_its_grant_and_is_the_same_each_time(grant: Grant) -> None:
    text = write_token(grant, KEY)
    assert text == write_token(grant, KEY)
    token = read_token(text)
    assert token is not None
    assert (token.grant, token.key_number) == (grant, KEY.number)
    assert token.is_genuine(KEY)


@pytest.mark.parametrize("variant", ["thumbnail", "w640-webp"])
def test_token_with_any_character_changed_is_not_genuine(variant: str) -> None:
    text = write_token(msgspec.structs.replace(GRANT, variant=variant), KEY)
    for place in range(len(TOKEN_PREFIX), len(text)):
        for character in ALPHABET:
            changed = text[:place] + character + text[place + 1 :]
            token = read_token(changed)
            assert changed == text or token is None or not token.is_genuine(KEY)


def test_token_of_another_key_or_bound_to_something_else_is_not_genuine() -> None:
    token = read_token(write_token(GRANT, KEY, b"old"))
    assert token is not None
    assert token.is_genuine(KEY, b"old")
    assert not token.is_genuine(KEY, b"new")
    assert not token.is_genuine(msgspec.structs.replace(KEY, secret=bytes(32)), b"old")


@pytest.mark.parametrize("change", ["", "x", "?", " ", "=", "ö", "\n", "%41"])
def test_texts_that_are_no_tokens_are_not_read(change: str) -> None:
    text = write_token(GRANT, KEY)
    for wrong in (change, text[:-1] + change, text + (change or "A"), change + text):
        if wrong != text and len(wrong) != len(text):
            assert read_token(wrong) is None
    assert read_token(f"mlk_{text[4:]}") is None
    assert read_token(TOKEN_PREFIX + "_" * 100) is None


@pytest.mark.parametrize("seconds", [MIN_SECONDS, 61, 3600, MAX_SECONDS])
def test_url_lives_for_as_long_as_asked_and_less_than_half_of_that_longer(seconds: int) -> None:
    moments = [NOW + timedelta(seconds=seconds * part / 20) for part in range(60)]
    expiries = [find_expiry(IMAGE, now, seconds) for now in moments]
    for now, expires_at in zip(moments, expiries, strict=True):
        assert timedelta(seconds=seconds) <= expires_at - now
        assert expires_at - now <= timedelta(seconds=1.5 * seconds + 1)
    assert len(set(expiries)) <= 7, "each serves for half of the time"
    assert find_expiry(OTHER, NOW, seconds) != expiries[0], "not all change at once"


def test_every_variant_has_its_place() -> None:
    assert set(VARIANTS) == set(ImageVariant)
    assert VARIANTS[:4] == ("original", "grayscale", "thumbnail", "faces")


def test_no_url_outlives_the_key_that_signed_it() -> None:
    assert timedelta(seconds=1.5 * MAX_SECONDS, days=1) < ROTATION


def test_mark_is_known_to_readers_of_the_stream_only() -> None:
    token = read_token(write_token(Grant(Purpose.EVENTS, IMAGE, NOW, Issuer.KEY, OTHER), KEY))
    assert token is not None
    mark = token.resume_mark(KEY)
    assert has_mark(f"17.{mark}", mark)
    for wrong in ("", "17", "17.", mark, f"17.{mark}x", f"17.{mark[:-1]}", "17.ö"):
        assert not has_mark(wrong, mark)
    assert mark not in write_token(token.grant, KEY)
