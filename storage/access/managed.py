"""The keys and links that a caller manages: an admin all, a service key those of its own kind.

A service key manages what it created; with a tenant, what any service key of the tenant created.
What an admin created is for admins.
"""

from collections.abc import Collection
from datetime import datetime

from pymongo import ASCENDING, DESCENDING, IndexModel

from domain.errors.access import Unauthenticated
from domain.keys import ADMIN_USER, Caller
from storage.mongo.client import Database, Document, Session

SERVICE_ID = "service_id"
"""Field of a key or a link: the service key that created it, and with which it ends."""
MANAGED_INDEXES = [
    IndexModel(
        [(field, ASCENDING), ("_id", DESCENDING)],
        partialFilterExpression={SERVICE_ID: {"$exists": True}},
        name=f"managed_by_{field}",
    )
    for field in (SERVICE_ID, "tenant")
]
VALID: Document = {
    "revoked_at": None,
    "$or": [{"expires_at": None}, {"$expr": {"$gt": ["$expires_at", "$$NOW"]}}],
}
REVOKE: list[Document] = [{"$set": {"revoked_at": {"$ifNull": ["$revoked_at", "$$NOW"]}}}]
"""An update that revokes a key or a link; one that was revoked before stays as it is."""


def managed_by(caller: Caller) -> Document:
    """Return the query for what a caller manages."""
    if caller.is_admin:
        return {}
    if caller.tenant is not None:
        return {"tenant": caller.tenant, SERVICE_ID: {"$exists": True}}
    return {SERVICE_ID: caller.key_id}


def service_field(service_id: str | None) -> Document:
    """Return the field of what a service key creates; none for an admin."""
    return {} if service_id is None else {SERVICE_ID: service_id}


async def lock_service(
    database: Database, service_id: str, session: Session | None
) -> datetime | None:
    """Find when a valid service key expires; with a session, hold up its revocation.

    Transactions of one service key that call this follow one another.

    Raises:
        Unauthenticated: The key is no longer valid.
    """
    keys, query = database["api_keys"], {"_id": service_id} | VALID
    found: Document | None
    if session is None:
        found = await keys.find_one(query)
    else:
        found = await keys.find_one_and_update(query, {"$inc": {"made": 1}}, session=session)
    if found is None:
        raise Unauthenticated("The key was revoked, or has expired, during the request.")
    expires_at: datetime | None = found["expires_at"]
    return expires_at


async def find_valid_keys(database: Database, key_ids: Collection[str]) -> set[str]:
    """Return the IDs of the keys among some that are neither expired nor revoked.

    A key that a service key created is valid only as long as that one. The key in the settings,
    which has no document, is always valid.
    """
    valid = {ADMIN_USER}
    if named := set(key_ids) - valid:
        query = {"_id": {"$in": list(named)}} | VALID
        found = database["api_keys"].find(query, {SERVICE_ID: 1})
        service_of = {key["_id"]: key.get(SERVICE_ID) async for key in found}
        services = {service for service in service_of.values() if service is not None}
        live = await find_valid_keys(database, services) | {None} if services else {None}
        valid |= {key_id for key_id, service in service_of.items() if service in live}
    return valid
