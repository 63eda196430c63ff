from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Literal, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="MedianHistogram")


@_attrs_define
class MedianHistogram:
    """The median histogram of all images of a day."""

    bins: list[float]
    """ 256 medians, from black to white: the median over all images of the share of pixels with that gray level.
    The medians need not add up to 1. All are 0 if there are no images. """
    day: datetime.date
    """ The day. """
    images: int
    """ Number of images that were uploaded on the day and have a histogram. """
    normalized_by: Literal["pixels"]
    """ Each histogram is divided by its number of pixels before the median is taken. """
    tz: str
    """ Time zone that defines the day. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        bins = self.bins

        day = self.day.isoformat()

        images = self.images

        normalized_by = self.normalized_by

        tz = self.tz

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "bins": bins,
                "day": day,
                "images": images,
                "normalized_by": normalized_by,
                "tz": tz,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        bins = cast(list[float], d.pop("bins"))

        day = datetime.date.fromisoformat(d.pop("day"))

        images = d.pop("images")

        normalized_by = cast(Literal["pixels"], d.pop("normalized_by"))
        if normalized_by != "pixels":
            raise ValueError(f"normalized_by must match const 'pixels', got '{normalized_by}'")

        tz = d.pop("tz")

        median_histogram = cls(
            bins=bins,
            day=day,
            images=images,
            normalized_by=normalized_by,
            tz=tz,
        )

        median_histogram.additional_properties = d
        return median_histogram

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
