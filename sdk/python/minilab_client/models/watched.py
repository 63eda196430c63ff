from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Watched")


@_attrs_define
class Watched:
    """The comparison of a version with what has arrived since its training."""

    accuracy: float | None
    """ Share of them that agrees with the prediction; null without any. """
    at: datetime.datetime
    """ When it was made. """
    class_psi: float | None
    """ Population stability index of the predicted classes. """
    feature_psi: float | None
    """ Population stability index of the embeddings: above 0.25 the pictures have changed. Null for too few images.
    """
    images: int
    """ Number of the newest images that were compared. """
    labelled: int
    """ Number of labels of the last seven days for images that the version had predicted. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        accuracy: float | None
        accuracy = self.accuracy

        at = self.at.isoformat()

        class_psi: float | None
        class_psi = self.class_psi

        feature_psi: float | None
        feature_psi = self.feature_psi

        images = self.images

        labelled = self.labelled

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "accuracy": accuracy,
                "at": at,
                "class_psi": class_psi,
                "feature_psi": feature_psi,
                "images": images,
                "labelled": labelled,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_accuracy(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        accuracy = _parse_accuracy(d.pop("accuracy"))

        at = datetime.datetime.fromisoformat(d.pop("at"))

        def _parse_class_psi(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        class_psi = _parse_class_psi(d.pop("class_psi"))

        def _parse_feature_psi(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        feature_psi = _parse_feature_psi(d.pop("feature_psi"))

        images = d.pop("images")

        labelled = d.pop("labelled")

        watched = cls(
            accuracy=accuracy,
            at=at,
            class_psi=class_psi,
            feature_psi=feature_psi,
            images=images,
            labelled=labelled,
        )

        watched.additional_properties = d
        return watched

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
