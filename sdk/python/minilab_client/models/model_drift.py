from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.watched import Watched


T = TypeVar("T", bound="ModelDrift")


@_attrs_define
class ModelDrift:
    """The nightly comparisons of the live version of a model with what has arrived."""

    task: str
    """ What is predicted: the task of the labels. """
    version: int
    """ The live version. """
    watched: list[Watched]
    """ Oldest first; the last 90. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        task = self.task

        version = self.version

        watched = []
        for watched_item_data in self.watched:
            watched_item = watched_item_data.to_dict()
            watched.append(watched_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "task": task,
                "version": version,
                "watched": watched,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.watched import Watched  # noqa: PLC0415

        d = dict(src_dict)
        task = d.pop("task")

        version = d.pop("version")

        watched = []
        _watched = d.pop("watched")
        for watched_item_data in _watched:
            watched_item = Watched.from_dict(watched_item_data)

            watched.append(watched_item)

        model_drift = cls(
            task=task,
            version=version,
            watched=watched,
        )

        model_drift.additional_properties = d
        return model_drift

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
