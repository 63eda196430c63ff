from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.verdict import Verdict
from ..types import UNSET, Unset

T = TypeVar("T", bound="Quality")


@_attrs_define
class Quality:
    """How sharp, noisy and well exposed a picture is, at 512 pixels on its longer side."""

    blur: float
    """ Blur effect, from 0 (sharp) to 1. """
    clipped: float
    """ Share of the pixels with level 250 or more, 0 to 1. """
    contrast: float
    """ Standard deviation of the gray levels, 0 to 128. """
    entropy: float
    """ Entropy of the gray levels in bits, 0 to 8. """
    high: int
    """ Gray level that 95 % of the pixels do not exceed, 0 to 255. """
    low: int
    """ Gray level that 5 % of the pixels do not exceed, 0 to 255. """
    noise: float
    """ Estimated standard deviation of the noise, in gray levels, 0 to 63. """
    sharpness: float
    """ Variance of the Laplacian of the gray levels; depends on what the picture shows. """
    verdicts: list[Verdict]
    """ Plain faults; empty for a picture without one. """
    mean: float | None | Unset = UNSET
    """ Mean gray level, 0 to 255; null in results of version 1. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        blur = self.blur

        clipped = self.clipped

        contrast = self.contrast

        entropy = self.entropy

        high = self.high

        low = self.low

        noise = self.noise

        sharpness = self.sharpness

        verdicts = []
        for verdicts_item_data in self.verdicts:
            verdicts_item = verdicts_item_data.value
            verdicts.append(verdicts_item)

        mean: float | None | Unset
        if isinstance(self.mean, Unset):
            mean = UNSET
        else:
            mean = self.mean

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "blur": blur,
                "clipped": clipped,
                "contrast": contrast,
                "entropy": entropy,
                "high": high,
                "low": low,
                "noise": noise,
                "sharpness": sharpness,
                "verdicts": verdicts,
            }
        )
        if mean is not UNSET:
            field_dict["mean"] = mean

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        blur = d.pop("blur")

        clipped = d.pop("clipped")

        contrast = d.pop("contrast")

        entropy = d.pop("entropy")

        high = d.pop("high")

        low = d.pop("low")

        noise = d.pop("noise")

        sharpness = d.pop("sharpness")

        verdicts = []
        _verdicts = d.pop("verdicts")
        for verdicts_item_data in _verdicts:
            verdicts_item = Verdict(verdicts_item_data)

            verdicts.append(verdicts_item)

        def _parse_mean(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        mean = _parse_mean(d.pop("mean", UNSET))

        quality = cls(
            blur=blur,
            clipped=clipped,
            contrast=contrast,
            entropy=entropy,
            high=high,
            low=low,
            noise=noise,
            sharpness=sharpness,
            verdicts=verdicts,
            mean=mean,
        )

        quality.additional_properties = d
        return quality

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
