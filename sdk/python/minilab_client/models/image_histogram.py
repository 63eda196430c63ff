from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="ImageHistogram")


@_attrs_define
class ImageHistogram:
    """The histogram of an image: how often each gray level occurs."""

    bins: list[int]
    """ 256 counts, from black to white. """
    image_id: str
    """ ID of the image. """
    pixels: int
    """ Sum of the counts: width × height. """
    uploaded_at: datetime.datetime
    """ When the image was uploaded. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        bins = self.bins

        image_id = self.image_id

        pixels = self.pixels

        uploaded_at = self.uploaded_at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "bins": bins,
                "image_id": image_id,
                "pixels": pixels,
                "uploaded_at": uploaded_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        bins = cast(list[int], d.pop("bins"))

        image_id = d.pop("image_id")

        pixels = d.pop("pixels")

        uploaded_at = datetime.datetime.fromisoformat(d.pop("uploaded_at"))

        image_histogram = cls(
            bins=bins,
            image_id=image_id,
            pixels=pixels,
            uploaded_at=uploaded_at,
        )

        image_histogram.additional_properties = d
        return image_histogram

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
