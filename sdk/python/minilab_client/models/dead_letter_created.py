from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.dead_letter_created_attributes import DeadLetterCreatedAttributes


T = TypeVar("T", bound="DeadLetterCreated")


@_attrs_define
class DeadLetterCreated:
    """The service stopped trying to process an image."""

    code: str
    """ Stable code of the error. """
    dead_letter_id: str
    """ ID of the image. """
    job_id: str
    url: str
    """ URL of the dead letter. """
    user_id: str
    attributes: DeadLetterCreatedAttributes | Unset = UNSET
    """ Values of your own, by key; absent without any. """
    external_id: str | Unset = UNSET
    """ ID in your own system; absent without one. """
    tags: list[str] | Unset = UNSET
    """ Words of your own; absent without any. """
    tenant: str | Unset = UNSET
    """ Tenant of the user; absent without one. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        code = self.code

        dead_letter_id = self.dead_letter_id

        job_id = self.job_id

        url = self.url

        user_id = self.user_id

        attributes: dict[str, Any] | Unset = UNSET
        if not isinstance(self.attributes, Unset):
            attributes = self.attributes.to_dict()

        external_id = self.external_id

        tags: list[str] | Unset = UNSET
        if not isinstance(self.tags, Unset):
            tags = self.tags

        tenant = self.tenant

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "code": code,
                "dead_letter_id": dead_letter_id,
                "job_id": job_id,
                "url": url,
                "user_id": user_id,
            }
        )
        if attributes is not UNSET:
            field_dict["attributes"] = attributes
        if external_id is not UNSET:
            field_dict["external_id"] = external_id
        if tags is not UNSET:
            field_dict["tags"] = tags
        if tenant is not UNSET:
            field_dict["tenant"] = tenant

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.dead_letter_created_attributes import DeadLetterCreatedAttributes  # noqa: PLC0415

        d = dict(src_dict)
        code = d.pop("code")

        dead_letter_id = d.pop("dead_letter_id")

        job_id = d.pop("job_id")

        url = d.pop("url")

        user_id = d.pop("user_id")

        _attributes = d.pop("attributes", UNSET)
        attributes: DeadLetterCreatedAttributes | Unset
        if isinstance(_attributes, Unset):
            attributes = UNSET
        else:
            attributes = DeadLetterCreatedAttributes.from_dict(_attributes)

        external_id = d.pop("external_id", UNSET)

        tags = cast(list[str], d.pop("tags", UNSET))

        tenant = d.pop("tenant", UNSET)

        dead_letter_created = cls(
            code=code,
            dead_letter_id=dead_letter_id,
            job_id=job_id,
            url=url,
            user_id=user_id,
            attributes=attributes,
            external_id=external_id,
            tags=tags,
            tenant=tenant,
        )

        dead_letter_created.additional_properties = d
        return dead_letter_created

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
