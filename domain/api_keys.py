"""API keys as values: the rights of a new key, and a stored key without its secret."""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from domain.errors.requests import InvalidValue
from domain.keys import Role

MAX_LIFE = timedelta(days=36_500)


class KeyRole(StrEnum):
    """A role that a key can be created with."""

    ADMIN = "admin"
    SERVICE = "service"
    CLIENT = "client"
    READER = "reader"


KEY_ROLES = frozenset(role.value for role in KeyRole)


class KeyPlan(msgspec.Struct, frozen=True):
    """The properties of a new key.

    Attributes:
        expires_at: When the key stops being valid; None for never.
        expires_in: The same, in seconds from now.
        tenant: The tenant of the key's users; None: users without a tenant.
        max_stored_bytes: Quota of stored bytes; None: that of the settings.
    """

    role: Role
    user_id: str | None = None
    note: str | None = None
    expires_at: datetime | None = None
    expires_in: int | None = None
    tenant: str | None = None
    max_stored_bytes: int | None = None


class ApiKey(msgspec.Struct, frozen=True):
    """A key without its secret.

    Attributes:
        created_at: UTC.
        revoked_at: UTC; None while the key is not revoked.
        expires_at: UTC; None if the key never expires.
        hint: The first characters of the secret, to tell keys apart.
    """

    id: str
    role: Role
    user_id: str | None
    note: str | None
    created_at: datetime
    revoked_at: datetime | None
    expires_at: datetime | None
    hint: str
    tenant: str | None = None
    max_stored_bytes: int | None = None


def find_key_expiry(plan: KeyPlan, now: datetime) -> datetime | None:
    """Work out when a new key expires; None for never.

    Raises:
        InvalidValue: The expiry is not after now, or not within :data:`MAX_LIFE`.
    """
    expires_at = plan.expires_at
    if plan.expires_in is not None:
        expires_at = now + timedelta(seconds=plan.expires_in)
    if expires_at is None:
        return None
    if not now < expires_at <= now + MAX_LIFE:
        raise InvalidValue(
            f"The expiry must be in the future and at most {MAX_LIFE.days} days away.",
            "expires_at" if plan.expires_in is None else "expires_in",
        )
    return expires_at
