from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.failure import Failure


T = TypeVar("T", bound="LabelResult")


@_attrs_define
class LabelResult:
    """The outcome of one label of a request."""

    error: Failure | None
    """ Why the label was not set; null if it was. """
    image_id: str
    """ ID of the image. """
    task: str
    """ Name of the task. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.failure import Failure  # noqa: PLC0415

        error: dict[str, Any] | None
        if isinstance(self.error, Failure):
            error = self.error.to_dict()
        else:
            error = self.error

        image_id = self.image_id

        task = self.task

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "error": error,
                "image_id": image_id,
                "task": task,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.failure import Failure  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_error(data: object) -> Failure | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                error_type_0 = Failure.from_dict(data)

                return error_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Failure | None, data)

        error = _parse_error(d.pop("error"))

        image_id = d.pop("image_id")

        task = d.pop("task")

        label_result = cls(
            error=error,
            image_id=image_id,
            task=task,
        )

        label_result.additional_properties = d
        return label_result

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
