from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.link_used_up import LinkUsedUp


T = TypeVar("T", bound="LinkUsedUpEvent")


@_attrs_define
class LinkUsedUpEvent:
    """An upload link has reached its limit of files or bytes."""

    data: LinkUsedUp
    """ An upload link has reached its limit of files or bytes. """
    timestamp: datetime.datetime
    """ When the event happened. """
    type_: Literal["link.used_up"]
    """ Type of the event. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        data = self.data.to_dict()

        timestamp = self.timestamp.isoformat()

        type_ = self.type_

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "data": data,
                "timestamp": timestamp,
                "type": type_,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.link_used_up import LinkUsedUp  # noqa: PLC0415

        d = dict(src_dict)
        data = LinkUsedUp.from_dict(d.pop("data"))

        timestamp = datetime.datetime.fromisoformat(d.pop("timestamp"))

        type_ = cast(Literal["link.used_up"], d.pop("type"))
        if type_ != "link.used_up":
            raise ValueError(f"type must match const 'link.used_up', got '{type_}'")

        link_used_up_event = cls(
            data=data,
            timestamp=timestamp,
            type_=type_,
        )

        link_used_up_event.additional_properties = d
        return link_used_up_event

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
