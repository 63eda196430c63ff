from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="ImageDeleted")


@_attrs_define
class ImageDeleted:
    """An image was deleted: by a request, with its user, or because it expired."""

    image_id: str
    """ ID of the image. """
    job_id: str
    """ ID of the job. """
    url: str
    """ URL of the job that uploaded it, which may have been deleted as well. """
    user_id: str
    """ ID of the user: 1 to 128 characters. """
    external_id: str | Unset = UNSET
    """ ID of the image in your own system; absent without one. """
    tenant: str | Unset = UNSET
    """ Tenant of the user; absent without one. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        image_id = self.image_id

        job_id = self.job_id

        url = self.url

        user_id = self.user_id

        external_id = self.external_id

        tenant = self.tenant

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "image_id": image_id,
                "job_id": job_id,
                "url": url,
                "user_id": user_id,
            }
        )
        if external_id is not UNSET:
            field_dict["external_id"] = external_id
        if tenant is not UNSET:
            field_dict["tenant"] = tenant

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        image_id = d.pop("image_id")

        job_id = d.pop("job_id")

        url = d.pop("url")

        user_id = d.pop("user_id")

        external_id = d.pop("external_id", UNSET)

        tenant = d.pop("tenant", UNSET)

        image_deleted = cls(
            image_id=image_id,
            job_id=job_id,
            url=url,
            user_id=user_id,
            external_id=external_id,
            tenant=tenant,
        )

        image_deleted.additional_properties = d
        return image_deleted

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
