from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.picture_format import PictureFormat

if TYPE_CHECKING:
    from ..models.format_info import FormatInfo
    from ..models.limits import Limits
    from ..models.operation_info import OperationInfo


T = TypeVar("T", bound="Capabilities")


@_attrs_define
class Capabilities:
    """The formats, operations and limits of this service."""

    formats: list[FormatInfo]
    """ The formats that can be decoded. """
    limits: Limits
    """ Limits of one request and of one file. """
    operations: list[OperationInfo]
    """ The operations, by name. """
    picture_formats: list[PictureFormat]
    """ The formats of these pictures. """
    widths: list[int]
    """ Widths in pixels of the pictures that are made from images on request. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        formats = []
        for formats_item_data in self.formats:
            formats_item = formats_item_data.to_dict()
            formats.append(formats_item)

        limits = self.limits.to_dict()

        operations = []
        for operations_item_data in self.operations:
            operations_item = operations_item_data.to_dict()
            operations.append(operations_item)

        picture_formats = []
        for picture_formats_item_data in self.picture_formats:
            picture_formats_item = picture_formats_item_data.value
            picture_formats.append(picture_formats_item)

        widths = self.widths

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "formats": formats,
                "limits": limits,
                "operations": operations,
                "picture_formats": picture_formats,
                "widths": widths,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.format_info import FormatInfo  # noqa: PLC0415
        from ..models.limits import Limits  # noqa: PLC0415
        from ..models.operation_info import OperationInfo  # noqa: PLC0415

        d = dict(src_dict)
        formats = []
        _formats = d.pop("formats")
        for formats_item_data in _formats:
            formats_item = FormatInfo.from_dict(formats_item_data)

            formats.append(formats_item)

        limits = Limits.from_dict(d.pop("limits"))

        operations = []
        _operations = d.pop("operations")
        for operations_item_data in _operations:
            operations_item = OperationInfo.from_dict(operations_item_data)

            operations.append(operations_item)

        picture_formats = []
        _picture_formats = d.pop("picture_formats")
        for picture_formats_item_data in _picture_formats:
            picture_formats_item = PictureFormat(picture_formats_item_data)

            picture_formats.append(picture_formats_item)

        widths = cast(list[int], d.pop("widths"))

        capabilities = cls(
            formats=formats,
            limits=limits,
            operations=operations,
            picture_formats=picture_formats,
            widths=widths,
        )

        capabilities.additional_properties = d
        return capabilities

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
