"""Tenants: namespaces of users. The same user ID in two tenants names two users.

The stored ID of a user begins with the tenant, so that all that is kept by user is kept apart. The
mark between the two is a control character, which neither may contain.
"""

MARK = "\x1f"
NO_TENANT = ""
"""Stands for the users without a tenant, where None stands for all users."""


def owner_id(tenant: str | None, user_id: str) -> str:
    """Return the stored ID of a user."""
    return f"{tenant}{MARK}{user_id}" if tenant else user_id


def split_owner(owner: str) -> tuple[str | None, str]:
    """Return the tenant, None if there is none, and the ID that clients know."""
    tenant, mark, user_id = owner.rpartition(MARK)
    return (tenant if mark else None), user_id


def is_in_tenant(owner: str, tenant: str | None) -> bool:
    """Return whether a user belongs to a tenant, to none (:data:`NO_TENANT`), or to any (None)."""
    return tenant is None or (split_owner(owner)[0] or NO_TENANT) == tenant


def tenant_field(owner: str) -> dict[str, str]:
    """Return the field of documents by which a tenant's are found; without a tenant none."""
    tenant, _ = split_owner(owner)
    return {"tenant": tenant} if tenant else {}
