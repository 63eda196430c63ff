from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="SimilarItem")


@_attrs_define
class SimilarItem:
    """A similar user or image."""

    distance: float
    """ 0 if the histograms are equal; the greater, the less similar they are. """
    user_id: str
    """ The user, or the user of the image. """
    image_id: str | Unset = UNSET
    """ The image; absent in a list of users. """
    tenant: str | Unset = UNSET
    """ Tenant of the user; absent without one. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        distance = self.distance

        user_id = self.user_id

        image_id = self.image_id

        tenant = self.tenant

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "distance": distance,
                "user_id": user_id,
            }
        )
        if image_id is not UNSET:
            field_dict["image_id"] = image_id
        if tenant is not UNSET:
            field_dict["tenant"] = tenant

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        distance = d.pop("distance")

        user_id = d.pop("user_id")

        image_id = d.pop("image_id", UNSET)

        tenant = d.pop("tenant", UNSET)

        similar_item = cls(
            distance=distance,
            user_id=user_id,
            image_id=image_id,
            tenant=tenant,
        )

        similar_item.additional_properties = d
        return similar_item

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
