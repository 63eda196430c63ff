from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.mark_changes_attributes import MarkChangesAttributes


T = TypeVar("T", bound="MarkChanges")


@_attrs_define
class MarkChanges:
    """Changes of external ID, tags and attributes. Omitted fields stay as they are."""

    add_tags: list[str] | Unset = UNSET
    """ Tags to add, after `tags` is applied. """
    attributes: MarkChangesAttributes | Unset = UNSET
    """ Attributes to set, by key; an empty string removes a key, and other keys stay. """
    external_id: str | Unset = UNSET
    """ ID in your own system; an empty string removes it. """
    remove_tags: list[str] | Unset = UNSET
    """ Tags to remove, after `add_tags` is applied. """
    tags: list[str] | Unset = UNSET
    """ Replaces all tags; an empty list removes them. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        add_tags: list[str] | Unset = UNSET
        if not isinstance(self.add_tags, Unset):
            add_tags = self.add_tags

        attributes: dict[str, Any] | Unset = UNSET
        if not isinstance(self.attributes, Unset):
            attributes = self.attributes.to_dict()

        external_id = self.external_id

        remove_tags: list[str] | Unset = UNSET
        if not isinstance(self.remove_tags, Unset):
            remove_tags = self.remove_tags

        tags: list[str] | Unset = UNSET
        if not isinstance(self.tags, Unset):
            tags = self.tags

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if add_tags is not UNSET:
            field_dict["add_tags"] = add_tags
        if attributes is not UNSET:
            field_dict["attributes"] = attributes
        if external_id is not UNSET:
            field_dict["external_id"] = external_id
        if remove_tags is not UNSET:
            field_dict["remove_tags"] = remove_tags
        if tags is not UNSET:
            field_dict["tags"] = tags

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.mark_changes_attributes import MarkChangesAttributes  # noqa: PLC0415

        d = dict(src_dict)
        add_tags = cast(list[str], d.pop("add_tags", UNSET))

        _attributes = d.pop("attributes", UNSET)
        attributes: MarkChangesAttributes | Unset
        if isinstance(_attributes, Unset):
            attributes = UNSET
        else:
            attributes = MarkChangesAttributes.from_dict(_attributes)

        external_id = d.pop("external_id", UNSET)

        remove_tags = cast(list[str], d.pop("remove_tags", UNSET))

        tags = cast(list[str], d.pop("tags", UNSET))

        mark_changes = cls(
            add_tags=add_tags,
            attributes=attributes,
            external_id=external_id,
            remove_tags=remove_tags,
            tags=tags,
        )

        mark_changes.additional_properties = d
        return mark_changes

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
