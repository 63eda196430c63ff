from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.gps_policy import GpsPolicy
from ..types import UNSET, Unset

T = TypeVar("T", bound="CreateLinkUploadFromUploadsBody")


@_attrs_define
class CreateLinkUploadFromUploadsBody:
    uploads: list[str]
    """ IDs of finished resumable uploads: the last parts of their URLs. The job uses them up. """
    gps: GpsPolicy | Unset = UNSET
    """ Whether the position of a picture is served or removed. """
    operations: list[str] | Unset = UNSET
    """ Names of operations; all by default. """

    def to_dict(self) -> dict[str, Any]:
        uploads = self.uploads

        gps: str | Unset = UNSET
        if not isinstance(self.gps, Unset):
            gps = self.gps.value

        operations: list[str] | Unset = UNSET
        if not isinstance(self.operations, Unset):
            operations = self.operations

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "uploads": uploads,
            }
        )
        if gps is not UNSET:
            field_dict["gps"] = gps
        if operations is not UNSET:
            field_dict["operations"] = operations

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        uploads = cast(list[str], d.pop("uploads"))

        _gps = d.pop("gps", UNSET)
        gps: GpsPolicy | Unset
        if isinstance(_gps, Unset):
            gps = UNSET
        else:
            gps = GpsPolicy(_gps)

        operations = cast(list[str], d.pop("operations", UNSET))

        create_link_upload_from_uploads_body = cls(
            uploads=uploads,
            gps=gps,
            operations=operations,
        )

        return create_link_upload_from_uploads_body
