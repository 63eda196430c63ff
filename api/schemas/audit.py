"""Schemas of the audit trail."""

from datetime import datetime

import msgspec
from msgspec import UNSET, UnsetType

from domain.audit import AuditAction, AuditEntry, AuditTargetType
from domain.keys import Role


class AuditActorView(msgspec.Struct, frozen=True):
    """The API key of a request."""

    key_id: str
    """ID of the key; `admin` for the admin key in the settings."""
    role: Role
    """Role of the key."""


class AuditTargetView(msgspec.Struct, frozen=True):
    """The object that an action changed."""

    type: AuditTargetType
    """Type of the object."""
    id: str
    """ID of the object. Of redelivered callbacks, `callbacks`; of the service, `webhooks`."""


class AuditEntryView(msgspec.Struct, frozen=True):
    """One action of an API key."""

    id: str
    """ID of the entry."""
    at: datetime
    """When the request was made."""
    actor: AuditActorView
    """Who made it."""
    action: AuditAction
    """What was done."""
    target: AuditTargetView
    """To what it was done."""
    request_id: str
    """`X-Request-ID` of the request; the service's log contains it."""
    details: dict[str, str]
    """More about the action, such as the role of a new key; without secrets and personal data."""
    tenant: str | UnsetType = UNSET
    """Tenant of the object, or else of the actor; absent without one."""


def view_entry(entry: AuditEntry) -> AuditEntryView:
    """Convert an entry."""
    return AuditEntryView(
        id=entry.id,
        at=entry.at,
        actor=AuditActorView(entry.actor.key_id, entry.actor.role),
        action=entry.action,
        target=AuditTargetView(entry.action.target_type, entry.target_id),
        request_id=entry.request_id,
        details=entry.details,
        tenant=UNSET if entry.tenant is None else entry.tenant,
    )
