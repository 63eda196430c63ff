from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="ClassMetrics")


@_attrs_define
class ClassMetrics:
    """The metrics of one class."""

    f1: float
    """ Harmonic mean of both. """
    images: int
    """ Number of images of the class in the hold-out. """
    precision: float
    """ Share of the predictions of the class that are right, 0 to 1. """
    recall: float
    """ Share of the images of the class that are found, 0 to 1. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        f1 = self.f1

        images = self.images

        precision = self.precision

        recall = self.recall

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "f1": f1,
                "images": images,
                "precision": precision,
                "recall": recall,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        f1 = d.pop("f1")

        images = d.pop("images")

        precision = d.pop("precision")

        recall = d.pop("recall")

        class_metrics = cls(
            f1=f1,
            images=images,
            precision=precision,
            recall=recall,
        )

        class_metrics.additional_properties = d
        return class_metrics

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
