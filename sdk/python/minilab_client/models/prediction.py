from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Prediction")


@_attrs_define
class Prediction:
    """What a model predicts of an image."""

    model_version: int
    """ Version of the model that made the prediction. """
    probability: float
    """ Its probability, 0 to 1. """
    stale: bool
    """ Whether another version is live now; the prediction is about to be made again. """
    value: str
    """ The most probable value. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        model_version = self.model_version

        probability = self.probability

        stale = self.stale

        value = self.value

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "model_version": model_version,
                "probability": probability,
                "stale": stale,
                "value": value,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        model_version = d.pop("model_version")

        probability = d.pop("probability")

        stale = d.pop("stale")

        value = d.pop("value")

        prediction = cls(
            model_version=model_version,
            probability=probability,
            stale=stale,
            value=value,
        )

        prediction.additional_properties = d
        return prediction

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
