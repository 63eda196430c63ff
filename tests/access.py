"""Keys and links in contract tests: revoked as an admin does it."""

from domain.audit import AuditAction
from domain.keys import ADMIN_USER, Caller, Role
from storage.access.audit import new_entry
from storage.stores import Stores

ADMIN = Caller(ADMIN_USER, Role.ADMIN)


async def revoke_key(stores: Stores, key_id: str) -> bool:
    """Revoke a key."""
    entry = new_entry(ADMIN, AuditAction.API_KEY_REVOKED, key_id)
    return await stores.api_keys.revoke(key_id, ADMIN, entry)


async def revoke_link(stores: Stores, link_id: str) -> bool:
    """Revoke a link."""
    entry = new_entry(ADMIN, AuditAction.UPLOAD_LINK_REVOKED, link_id)
    return await stores.upload_links.revoke(link_id, ADMIN, entry)
