"""Roles of API keys, and the scope of each."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors.access import Forbidden, NotFound
from domain.errors.base import ServiceError
from domain.errors.requests import InvalidValue, UserRequired
from domain.keys import (
    KEY_PREFIX,
    Caller,
    Role,
    Scope,
    check_may_delete,
    check_user_id,
    hash_secret,
    key_secret,
    scope_of,
    uploading_user,
)

ADMIN = Caller("admin", Role.ADMIN)
SERVICE = Caller("k1", Role.SERVICE)
CLIENT = Caller("k2", Role.CLIENT, "u1")
LINK = Caller("l1", Role.LINK, "u1")


@pytest.mark.parametrize(
    ("caller", "named", "scope"),
    [
        (ADMIN, None, Scope()),
        (ADMIN, "u1", Scope(user_id="u1")),
        (SERVICE, None, Scope(key_id="k1")),
        (SERVICE, "u1", Scope(user_id="u1")),
        (CLIENT, None, Scope(user_id="u1")),
        (CLIENT, "u1", Scope(user_id="u1")),
        (LINK, None, Scope(key_id="l1")),
        (LINK, "u1", Scope(user_id="u1", key_id="l1")),
    ],
)
def test_reads_are_limited_to_what_the_caller_may_see(
    caller: Caller, named: str | None, scope: Scope
) -> None:
    assert scope_of(caller, named) == scope


def test_client_that_names_another_user_sees_nothing_at_all() -> None:
    scope = scope_of(CLIENT, "u2")
    for user_id in ("u1", "u2", "admin"):
        for key_id in ("k1", "k2", "admin"):
            assert not scope.admits(user_id, key_id)


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        (Scope(), {("u1", "k1"), ("u1", "k2"), ("u2", "k1"), ("u2", "k2")}),
        (Scope(user_id="u1"), {("u1", "k1"), ("u1", "k2")}),
        (Scope(key_id="k2"), {("u1", "k2"), ("u2", "k2")}),
        (Scope(user_id="u2", key_id="k1"), {("u2", "k1")}),
    ],
)
def test_scope_admits_what_it_names(scope: Scope, seen: set[tuple[str, str]]) -> None:
    everything = [(user, key) for user in ("u1", "u2") for key in ("k1", "k2")]
    assert {pair for pair in everything if scope.admits(*pair)} == seen


@pytest.mark.parametrize(
    ("caller", "named", "owner"),
    [
        (ADMIN, None, "admin"),
        (ADMIN, "u1", "u1"),
        (SERVICE, "u1", "u1"),
        (CLIENT, None, "u1"),
        (CLIENT, "u1", "u1"),
        (LINK, None, "u1"),
    ],
)
def test_upload_belongs_to_the_user_it_is_for(
    caller: Caller, named: str | None, owner: str
) -> None:
    assert uploading_user(caller, named) == owner


@pytest.mark.parametrize(
    ("caller", "named", "error"),
    [
        (SERVICE, None, UserRequired),
        (CLIENT, "u2", Forbidden),
        (LINK, "u1", Forbidden),
        (LINK, "u2", Forbidden),
        (ADMIN, "", InvalidValue),
        (SERVICE, "a\nb", InvalidValue),
        (CLIENT, "u" * 129, InvalidValue),
    ],
)
def test_refuses_upload_for_who_it_may_not_be_for(
    caller: Caller, named: str | None, error: type[ServiceError]
) -> None:
    with pytest.raises(error):
        uploading_user(caller, named)


@pytest.mark.parametrize("caller", [ADMIN, SERVICE, CLIENT])
@pytest.mark.parametrize("user_id", ["", "a\x00", "\n", "u" * 129, "a\u202eb"])
def test_refuses_odd_user_ids_in_reads(caller: Caller, user_id: str) -> None:
    with pytest.raises(InvalidValue):
        scope_of(caller, user_id)


@given(st.text(min_size=1, max_size=128).filter(str.isprintable))
def test_takes_any_printable_user_id(user_id: str) -> None:
    check_user_id(user_id)


def test_secrets_are_long_random_and_easy_to_find_in_leaks() -> None:
    secrets = {key_secret(os.urandom(32)) for _ in range(100)}
    assert len(secrets) == 100
    for secret in secrets:
        assert secret.startswith(KEY_PREFIX)
        assert len(secret) >= len(KEY_PREFIX) + 43


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_hash_is_64_hex_digits_and_always_the_same(secret: str) -> None:
    hashed = hash_secret(secret)
    assert len(hashed) == 64
    assert int(hashed, 16) >= 0
    assert hashed == hash_secret(secret)
    assert not secret or len(secret) < 8 or secret not in hashed


def test_only_an_admin_key_is_admin() -> None:
    assert [caller.is_admin for caller in (ADMIN, SERVICE, CLIENT)] == [True, False, False]


def test_who_may_delete_whom() -> None:
    for caller in (ADMIN, SERVICE, CLIENT):
        check_may_delete(caller, str(CLIENT.user_id))
    with pytest.raises(NotFound):
        check_may_delete(CLIENT, "another")
    with pytest.raises(Forbidden):
        check_may_delete(LINK, str(LINK.user_id))
    with pytest.raises(InvalidValue):
        check_may_delete(ADMIN, "")
