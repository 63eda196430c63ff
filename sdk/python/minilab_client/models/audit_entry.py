from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.audit_action import AuditAction
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.audit_actor import AuditActor
    from ..models.audit_entry_details import AuditEntryDetails
    from ..models.audit_target import AuditTarget


T = TypeVar("T", bound="AuditEntry")


@_attrs_define
class AuditEntry:
    """One action of an API key."""

    action: AuditAction
    """ What was done. The part before the point is the type of the target. """
    actor: AuditActor
    """ The API key of a request. """
    at: datetime.datetime
    """ When the request was made. """
    details: AuditEntryDetails
    """ More about the action, such as the role of a new key; without secrets and personal data. """
    id: str
    """ ID of the entry. """
    request_id: str
    """ `X-Request-ID` of the request; the service's log contains it. """
    target: AuditTarget
    """ The object that an action changed. """
    tenant: str | Unset = UNSET
    """ Tenant of the object, or else of the actor; absent without one. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        action = self.action.value

        actor = self.actor.to_dict()

        at = self.at.isoformat()

        details = self.details.to_dict()

        id = self.id

        request_id = self.request_id

        target = self.target.to_dict()

        tenant = self.tenant

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "action": action,
                "actor": actor,
                "at": at,
                "details": details,
                "id": id,
                "request_id": request_id,
                "target": target,
            }
        )
        if tenant is not UNSET:
            field_dict["tenant"] = tenant

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.audit_actor import AuditActor  # noqa: PLC0415
        from ..models.audit_entry_details import AuditEntryDetails  # noqa: PLC0415
        from ..models.audit_target import AuditTarget  # noqa: PLC0415

        d = dict(src_dict)
        action = AuditAction(d.pop("action"))

        actor = AuditActor.from_dict(d.pop("actor"))

        at = datetime.datetime.fromisoformat(d.pop("at"))

        details = AuditEntryDetails.from_dict(d.pop("details"))

        id = d.pop("id")

        request_id = d.pop("request_id")

        target = AuditTarget.from_dict(d.pop("target"))

        tenant = d.pop("tenant", UNSET)

        audit_entry = cls(
            action=action,
            actor=actor,
            at=at,
            details=details,
            id=id,
            request_id=request_id,
            target=target,
            tenant=tenant,
        )

        audit_entry.additional_properties = d
        return audit_entry

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
