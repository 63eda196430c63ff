"""API keys as values: the rights of a new key, and a stored key without its secret."""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from domain.errors.requests import InvalidValue
from domain.key_scopes import ALL_SCOPES, KeyScope
from domain.keys import Role
from domain.limits import TenantLimits

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
        limits: Limits of a service key's uploads; None: those of the settings.
        created_by: The key that creates it.
        service_id: The service key that creates it, and with which it ends; None for an admin.
        max_life: Longest time until it expires.
        max_keys: Most keys of a service key that have not expired; 0 for any number.
    """

    role: Role
    user_id: str | None = None
    note: str | None = None
    expires_at: datetime | None = None
    expires_in: int | None = None
    tenant: str | None = None
    max_stored_bytes: int | None = None
    limits: TenantLimits | None = None
    scopes: frozenset[KeyScope] = ALL_SCOPES
    created_by: str | None = None
    service_id: str | None = None
    max_life: timedelta = MAX_LIFE
    max_keys: int = 0


class ApiKey(msgspec.Struct, frozen=True):
    """A key without its secret.

    Attributes:
        created_at: UTC.
        revoked_at: UTC; None while the key is not revoked.
        expires_at: UTC; None if the key never expires.
        hint: The first characters of the secret, to tell keys apart.
        created_by: The key that created it; None if that was not recorded.
        service_id: The service key that created it, and with which it ends; None for an admin's.
        last_used_at: UTC, in whole minutes; None before its first use.
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
    limits: TenantLimits | None = None
    scopes: list[KeyScope] = msgspec.field(default_factory=lambda: list(KeyScope))
    created_by: str | None = None
    service_id: str | None = None
    last_used_at: datetime | None = None


def find_key_expiry(
    expires_at: datetime | None,
    expires_in_seconds: int | None,
    max_life: timedelta,
    now: datetime,
) -> datetime | None:
    """Work out when a new key expires, from the time or from the seconds until then.

    Returns:
        UTC; None for never.

    Raises:
        InvalidValue: The expiry is not after now, or not within the longest life.
    """
    if expires_in_seconds is not None:
        expires_at = now + timedelta(seconds=expires_in_seconds)
    if expires_at is None:
        return None
    if not now < expires_at <= now + max_life:
        longest = f"{max_life.days} days"
        if max_life < timedelta(days=1):
            longest = f"{max_life.total_seconds():.0f} seconds"
        raise InvalidValue(
            f"The expiry must be in the future and at most {longest} away.",
            "expires_at" if expires_in_seconds is None else "expires_in",
        )
    return expires_at
