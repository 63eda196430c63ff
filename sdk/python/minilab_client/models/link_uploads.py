from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.gps_policy import GpsPolicy
from ..models.link_status import LinkStatus
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.format_info import FormatInfo
    from ..models.limits import Limits
    from ..models.link_job_summary import LinkJobSummary
    from ..models.operation_info import OperationInfo


T = TypeVar("T", bound="LinkUploads")


@_attrs_define
class LinkUploads:
    """An upload link for its holder, with a page of its jobs."""

    expires_at: datetime.datetime
    """ When the link expires. An upload that began before is accepted. """
    formats: list[FormatInfo]
    """ The formats that can be decoded. """
    gps: GpsPolicy
    """ Whether the position of a picture is served or removed. """
    items: list[LinkJobSummary]
    """ Jobs that were uploaded through the link, newest first. """
    left_bytes: int | None
    """ Number of bytes that the link still accepts; null without a limit. """
    left_files: int | None
    """ Number of images that the link still accepts; null without a limit. """
    limits: Limits
    """ Limits of one request and of one file. """
    max_bytes: int | None
    """ Maximum total size of the images in bytes; null without a limit. """
    max_files: int | None
    """ Maximum number of images; null without a limit. """
    note: None | str
    """ A message from the owner of the link. """
    operations: list[OperationInfo]
    """ The operations, by name. """
    reserved_bytes: int
    """ Announced size of these in bytes. """
    reserved_files: int
    """ Number of resumable uploads that have a place and are no images yet. """
    show_results: bool
    """ Whether people who upload see the results of what they uploaded. """
    status: LinkStatus
    """ Whether a link takes files, or the reason why it does not. """
    used_bytes: int
    """ Total size of the uploaded images in bytes, including deleted ones. """
    used_files: int
    """ Number of uploaded images, including deleted ones. """
    next_cursor: str | Unset = UNSET
    """ Pass this as `cursor` to get the next page; absent on the last page. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        expires_at = self.expires_at.isoformat()

        formats = []
        for formats_item_data in self.formats:
            formats_item = formats_item_data.to_dict()
            formats.append(formats_item)

        gps = self.gps.value

        items = []
        for items_item_data in self.items:
            items_item = items_item_data.to_dict()
            items.append(items_item)

        left_bytes: int | None
        left_bytes = self.left_bytes

        left_files: int | None
        left_files = self.left_files

        limits = self.limits.to_dict()

        max_bytes: int | None
        max_bytes = self.max_bytes

        max_files: int | None
        max_files = self.max_files

        note: None | str
        note = self.note

        operations = []
        for operations_item_data in self.operations:
            operations_item = operations_item_data.to_dict()
            operations.append(operations_item)

        reserved_bytes = self.reserved_bytes

        reserved_files = self.reserved_files

        show_results = self.show_results

        status = self.status.value

        used_bytes = self.used_bytes

        used_files = self.used_files

        next_cursor = self.next_cursor

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "expires_at": expires_at,
                "formats": formats,
                "gps": gps,
                "items": items,
                "left_bytes": left_bytes,
                "left_files": left_files,
                "limits": limits,
                "max_bytes": max_bytes,
                "max_files": max_files,
                "note": note,
                "operations": operations,
                "reserved_bytes": reserved_bytes,
                "reserved_files": reserved_files,
                "show_results": show_results,
                "status": status,
                "used_bytes": used_bytes,
                "used_files": used_files,
            }
        )
        if next_cursor is not UNSET:
            field_dict["next_cursor"] = next_cursor

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.format_info import FormatInfo  # noqa: PLC0415
        from ..models.limits import Limits  # noqa: PLC0415
        from ..models.link_job_summary import LinkJobSummary  # noqa: PLC0415
        from ..models.operation_info import OperationInfo  # noqa: PLC0415

        d = dict(src_dict)
        expires_at = datetime.datetime.fromisoformat(d.pop("expires_at"))

        formats = []
        _formats = d.pop("formats")
        for formats_item_data in _formats:
            formats_item = FormatInfo.from_dict(formats_item_data)

            formats.append(formats_item)

        gps = GpsPolicy(d.pop("gps"))

        items = []
        _items = d.pop("items")
        for items_item_data in _items:
            items_item = LinkJobSummary.from_dict(items_item_data)

            items.append(items_item)

        def _parse_left_bytes(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        left_bytes = _parse_left_bytes(d.pop("left_bytes"))

        def _parse_left_files(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        left_files = _parse_left_files(d.pop("left_files"))

        limits = Limits.from_dict(d.pop("limits"))

        def _parse_max_bytes(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        max_bytes = _parse_max_bytes(d.pop("max_bytes"))

        def _parse_max_files(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        max_files = _parse_max_files(d.pop("max_files"))

        def _parse_note(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        note = _parse_note(d.pop("note"))

        operations = []
        _operations = d.pop("operations")
        for operations_item_data in _operations:
            operations_item = OperationInfo.from_dict(operations_item_data)

            operations.append(operations_item)

        reserved_bytes = d.pop("reserved_bytes")

        reserved_files = d.pop("reserved_files")

        show_results = d.pop("show_results")

        status = LinkStatus(d.pop("status"))

        used_bytes = d.pop("used_bytes")

        used_files = d.pop("used_files")

        next_cursor = d.pop("next_cursor", UNSET)

        link_uploads = cls(
            expires_at=expires_at,
            formats=formats,
            gps=gps,
            items=items,
            left_bytes=left_bytes,
            left_files=left_files,
            limits=limits,
            max_bytes=max_bytes,
            max_files=max_files,
            note=note,
            operations=operations,
            reserved_bytes=reserved_bytes,
            reserved_files=reserved_files,
            show_results=show_results,
            status=status,
            used_bytes=used_bytes,
            used_files=used_files,
            next_cursor=next_cursor,
        )

        link_uploads.additional_properties = d
        return link_uploads

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
