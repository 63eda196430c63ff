from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="LinkUsedUp")


@_attrs_define
class LinkUsedUp:
    """An upload link has reached its limit of files or bytes."""

    link_id: str
    """ ID of the upload link. """
    url: str
    """ URL of the upload link. """
    used_bytes: int
    """ Total size of these images in bytes. """
    used_files: int
    """ Number of images that were uploaded through the link. """
    user_id: str
    """ ID of the user: 1 to 128 characters. """
    tenant: str | Unset = UNSET
    """ Tenant of the user; absent without one. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        link_id = self.link_id

        url = self.url

        used_bytes = self.used_bytes

        used_files = self.used_files

        user_id = self.user_id

        tenant = self.tenant

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "link_id": link_id,
                "url": url,
                "used_bytes": used_bytes,
                "used_files": used_files,
                "user_id": user_id,
            }
        )
        if tenant is not UNSET:
            field_dict["tenant"] = tenant

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        link_id = d.pop("link_id")

        url = d.pop("url")

        used_bytes = d.pop("used_bytes")

        used_files = d.pop("used_files")

        user_id = d.pop("user_id")

        tenant = d.pop("tenant", UNSET)

        link_used_up = cls(
            link_id=link_id,
            url=url,
            used_bytes=used_bytes,
            used_files=used_files,
            user_id=user_id,
            tenant=tenant,
        )

        link_used_up.additional_properties = d
        return link_used_up

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
