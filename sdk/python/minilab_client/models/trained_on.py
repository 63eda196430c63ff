from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.trained_on_left_out import TrainedOnLeftOut


T = TypeVar("T", bound="TrainedOn")


@_attrs_define
class TrainedOn:
    """The data that a model was trained and tested with."""

    images: int
    """ Number of labelled images, those of the hold-out included. """
    left_out: TrainedOnLeftOut
    """ Classes with too few labels, with the number of their images. """
    until: datetime.datetime
    """ Time of the newest label. """
    users: int
    """ Number of the users that own them. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        images = self.images

        left_out = self.left_out.to_dict()

        until = self.until.isoformat()

        users = self.users

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "images": images,
                "left_out": left_out,
                "until": until,
                "users": users,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.trained_on_left_out import TrainedOnLeftOut  # noqa: PLC0415

        d = dict(src_dict)
        images = d.pop("images")

        left_out = TrainedOnLeftOut.from_dict(d.pop("left_out"))

        until = datetime.datetime.fromisoformat(d.pop("until"))

        users = d.pop("users")

        trained_on = cls(
            images=images,
            left_out=left_out,
            until=until,
            users=users,
        )

        trained_on.additional_properties = d
        return trained_on

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
