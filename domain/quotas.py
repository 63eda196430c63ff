"""Quotas of stored bytes: the accounts whose bytes count together, and the check of an upload.

An account adds up the sizes of images: of the users of a tenant, of one user without a tenant, or
of the uploads of one key. Each image counts with the size of its file, also where equal
bytes are stored already.
"""

import msgspec

from domain.errors.requests import QuotaExceeded
from domain.keys import Caller, Role
from domain.tenants import split_owner

# Bytes of a form that are no bytes of files: part headers and fields.
FORM_BYTES = 64 * 1024
FORM_SHARE = 16


class Quota(msgspec.Struct, frozen=True):
    """The most bytes that an account may hold."""

    account: str
    max_bytes: int


def accounts_of(owner: str, key_id: str) -> list[str]:
    """Name the accounts in which an image of this owner, uploaded through this key, counts."""
    tenant, user_id = split_owner(owner)
    if tenant is not None:
        return [f"tenant:{tenant}"]
    return [f"user:{user_id}", f"key:{key_id}"]


def images_of_account(account: str) -> dict[str, str]:
    """Return the field and its value that the images of an account have."""
    kind, _, name = account.partition(":")
    return {{"tenant": "tenant", "user": "user_id", "key": "key_id"}[kind]: name}


def quota_of(caller: Caller, tenant_max_bytes: int) -> Quota | None:
    """Return the quota of a caller's uploads; None if they have none.

    The limit is the key's own, or else that of the settings (0: none). It is of the tenant of the
    key; without a tenant, of the user that it is bound to, or of the key.
    """
    limit = caller.max_stored_bytes or tenant_max_bytes
    if caller.role is Role.ADMIN or not limit:
        return None
    if caller.user_id is not None:
        return Quota(accounts_of(caller.user_id, caller.key_id)[0], limit)
    if caller.tenant is not None:
        return Quota(f"tenant:{caller.tenant}", limit)
    return Quota(f"key:{caller.key_id}", limit)


def check_fits(quota: Quota, stored: int, more: int) -> None:
    """Refuse bytes that do not fit.

    Raises:
        QuotaExceeded: Says how much is stored, and how much may be.
    """
    if stored + more > quota.max_bytes:
        raise QuotaExceeded(
            f"{stored} of {quota.max_bytes} bytes are stored, and this upload has {more}. "
            "Delete images first."
        )


def least_bytes_of_files(length: int | None) -> int:
    """Estimate from below how many bytes the files of a form have, given its length."""
    return max(1, (length or 0) - FORM_BYTES - (length or 0) // FORM_SHARE)
