from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.metric import Metric
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.similar_item import SimilarItem


T = TypeVar("T", bound="Similar")


@_attrs_define
class Similar:
    """The most similar users or images, nearest first; ties are ordered by ID."""

    items: list[SimilarItem]
    """ The page of the list, in the order of the list. """
    metric: Metric
    """ The measure of distance; less is more similar. """
    compared: int | Unset = UNSET
    """ Number of images that were compared: the newest ones, if there are more than the service compares. Absent in
    a list of users, which compares all of them. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        items = []
        for items_item_data in self.items:
            items_item = items_item_data.to_dict()
            items.append(items_item)

        metric = self.metric.value

        compared = self.compared

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "items": items,
                "metric": metric,
            }
        )
        if compared is not UNSET:
            field_dict["compared"] = compared

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.similar_item import SimilarItem  # noqa: PLC0415

        d = dict(src_dict)
        items = []
        _items = d.pop("items")
        for items_item_data in _items:
            items_item = SimilarItem.from_dict(items_item_data)

            items.append(items_item)

        metric = Metric(d.pop("metric"))

        compared = d.pop("compared", UNSET)

        similar = cls(
            items=items,
            metric=metric,
            compared=compared,
        )

        similar.additional_properties = d
        return similar

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
