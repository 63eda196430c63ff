"""Scopes of API keys: what a key may do at all. Its role says with whose data."""

from collections.abc import Set as AbstractSet
from enum import StrEnum

from domain.errors.access import ScopeMissing


class KeyScope(StrEnum):
    """A part of what a key may do."""

    UPLOAD = "upload"
    READ = "read"
    DELETE = "delete"


ALL_SCOPES = frozenset(KeyScope)
READ_ONLY = frozenset({KeyScope.READ})


def check_scopes(held: AbstractSet[KeyScope], needed: AbstractSet[KeyScope]) -> None:
    """Refuse what needs a scope that a key does not have.

    Raises:
        ScopeMissing: Names the scopes that are missing.
    """
    if missing := in_order(needed - held):
        raise ScopeMissing(f"The key lacks the scope {' and '.join(missing)}.")


def in_order(scopes: AbstractSet[KeyScope]) -> list[KeyScope]:
    """Sort scopes as they are declared."""
    return [scope for scope in KeyScope if scope in scopes]
