from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="ModelMetrics")


@_attrs_define
class ModelMetrics:
    """The metrics of a version, measured on images that it was not trained on."""

    accuracy: float
    """ Share of right predictions, 0 to 1. """
    calibration_error: float
    """ Mean distance of probability and accuracy, 0 to 1: how wrong the probabilities are. """
    chance: float
    """ Accuracy of a guess that always names the most frequent class. """
    images: int
    """ Number of images in the hold-out. """
    macro_f1: float
    """ Mean F1 of the classes, 0 to 1: each class counts the same. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        accuracy = self.accuracy

        calibration_error = self.calibration_error

        chance = self.chance

        images = self.images

        macro_f1 = self.macro_f1

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "accuracy": accuracy,
                "calibration_error": calibration_error,
                "chance": chance,
                "images": images,
                "macro_f1": macro_f1,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        accuracy = d.pop("accuracy")

        calibration_error = d.pop("calibration_error")

        chance = d.pop("chance")

        images = d.pop("images")

        macro_f1 = d.pop("macro_f1")

        model_metrics = cls(
            accuracy=accuracy,
            calibration_error=calibration_error,
            chance=chance,
            images=images,
            macro_f1=macro_f1,
        )

        model_metrics.additional_properties = d
        return model_metrics

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
