from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Totals")


@_attrs_define
class Totals:
    """Totals over all images."""

    bytes_: int
    """ Total size of all files. """
    bytes_saved: int
    """ Bytes saved because equal files are stored once. """
    faces: int
    """ Number of faces in all images. """
    images: int
    """ Number of images, without deleted ones. """
    users: int
    """ Number of users with at least one image. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        bytes_ = self.bytes_

        bytes_saved = self.bytes_saved

        faces = self.faces

        images = self.images

        users = self.users

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "bytes": bytes_,
                "bytes_saved": bytes_saved,
                "faces": faces,
                "images": images,
                "users": users,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        bytes_ = d.pop("bytes")

        bytes_saved = d.pop("bytes_saved")

        faces = d.pop("faces")

        images = d.pop("images")

        users = d.pop("users")

        totals = cls(
            bytes_=bytes_,
            bytes_saved=bytes_saved,
            faces=faces,
            images=images,
            users=users,
        )

        totals.additional_properties = d
        return totals

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
