from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import types
from ..models.gps_policy import GpsPolicy
from ..types import UNSET, File, Unset

T = TypeVar("T", bound="CreateLinkUploadByUrlBody")


@_attrs_define
class CreateLinkUploadByUrlBody:
    files: list[File]
    """ The files, at least one. Any field name is accepted. """
    gps: GpsPolicy | Unset = UNSET
    """ Whether the position of a picture is served or removed. """
    operations: str | Unset = UNSET
    """ Comma-separated list of operations; all of the capabilities by default. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        files = []
        for files_item_data in self.files:
            files_item = files_item_data.to_tuple()

            files.append(files_item)

        gps: str | Unset = UNSET
        if not isinstance(self.gps, Unset):
            gps = self.gps.value

        operations = self.operations

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "files": files,
            }
        )
        if gps is not UNSET:
            field_dict["gps"] = gps
        if operations is not UNSET:
            field_dict["operations"] = operations

        return field_dict

    def to_multipart(self) -> types.RequestFiles:
        files: types.RequestFiles = []

        for files_item_element in self.files:
            files.append(("files", files_item_element.to_tuple()))

        if not isinstance(self.gps, Unset):
            files.append(("gps", (None, str(self.gps.value).encode(), "text/plain")))

        if not isinstance(self.operations, Unset):
            files.append(("operations", (None, str(self.operations).encode(), "text/plain")))

        for prop_name, prop in self.additional_properties.items():
            files.append((prop_name, (None, str(prop).encode(), "text/plain")))

        return files

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        files = []
        _files = d.pop("files")
        for files_item_data in _files:
            files_item = File(payload=BytesIO(files_item_data))

            files.append(files_item)

        _gps = d.pop("gps", UNSET)
        gps: GpsPolicy | Unset
        if isinstance(_gps, Unset):
            gps = UNSET
        else:
            gps = GpsPolicy(_gps)

        operations = d.pop("operations", UNSET)

        create_link_upload_by_url_body = cls(
            files=files,
            gps=gps,
            operations=operations,
        )

        create_link_upload_by_url_body.additional_properties = d
        return create_link_upload_by_url_body

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
