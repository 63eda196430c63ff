from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.status import Status
from ..types import UNSET, Unset

T = TypeVar("T", bound="ImageProcessed")


@_attrs_define
class ImageProcessed:
    """The operations on an image have ended, with or without errors."""

    image_id: str
    job_id: str
    status: Status
    """ Status of a job, an image or a cell. """
    url: str
    """ URL of the image with its results. """
    user_id: str
    tenant: str | Unset = UNSET
    """ Tenant of the user; absent without one. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        image_id = self.image_id

        job_id = self.job_id

        status = self.status.value

        url = self.url

        user_id = self.user_id

        tenant = self.tenant

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "image_id": image_id,
                "job_id": job_id,
                "status": status,
                "url": url,
                "user_id": user_id,
            }
        )
        if tenant is not UNSET:
            field_dict["tenant"] = tenant

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        image_id = d.pop("image_id")

        job_id = d.pop("job_id")

        status = Status(d.pop("status"))

        url = d.pop("url")

        user_id = d.pop("user_id")

        tenant = d.pop("tenant", UNSET)

        image_processed = cls(
            image_id=image_id,
            job_id=job_id,
            status=status,
            url=url,
            user_id=user_id,
            tenant=tenant,
        )

        image_processed.additional_properties = d
        return image_processed

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
