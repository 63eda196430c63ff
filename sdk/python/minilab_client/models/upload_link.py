from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.gps_policy import GpsPolicy
from ..models.link_status import LinkStatus
from ..types import UNSET, Unset

T = TypeVar("T", bound="UploadLink")


@_attrs_define
class UploadLink:
    """An upload link, without its token."""

    bytes_: int
    """ Total size of these in bytes. """
    created_at: datetime.datetime
    """ When the object was created. """
    created_by: str
    """ ID of the key that created the link. """
    expires_at: datetime.datetime
    """ When it expires; null for never. """
    gps: GpsPolicy | None
    """ Whether GPS positions are kept (`keep`) or removed (`strip`). """
    id: str
    """ ID of the upload link. """
    images: int
    """ Number of uploaded images without deleted ones. """
    max_bytes: int | None
    """ Maximum total size of the images in bytes; null without a limit. """
    max_files: int | None
    """ Maximum number of images; null without a limit. """
    note: None | str
    """ A remark for people; null without one. """
    reserved_bytes: int
    """ Announced size of these in bytes; counts towards the limit. """
    reserved_files: int
    """ Number of resumable uploads that have a place and are no images yet; counts towards the limit. """
    revoked_at: datetime.datetime | None
    """ When it was revoked; null if it was not. """
    show_results: bool
    """ Whether people who upload see the results of what they uploaded. """
    status: LinkStatus
    """ Whether a link takes files, or the reason why it does not. """
    used_bytes: int
    """ Total size of the uploaded images in bytes, including deleted ones. """
    used_files: int
    """ Number of uploaded images, including deleted ones; counts towards the limit. """
    user_id: str
    """ User that the images belong to. """
    tenant: str | Unset = UNSET
    """ Tenant of the user; absent without one. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        bytes_ = self.bytes_

        created_at = self.created_at.isoformat()

        created_by = self.created_by

        expires_at = self.expires_at.isoformat()

        gps: None | str
        if isinstance(self.gps, GpsPolicy):
            gps = self.gps.value
        else:
            gps = self.gps

        id = self.id

        images = self.images

        max_bytes: int | None
        max_bytes = self.max_bytes

        max_files: int | None
        max_files = self.max_files

        note: None | str
        note = self.note

        reserved_bytes = self.reserved_bytes

        reserved_files = self.reserved_files

        revoked_at: None | str
        if isinstance(self.revoked_at, datetime.datetime):
            revoked_at = self.revoked_at.isoformat()
        else:
            revoked_at = self.revoked_at

        show_results = self.show_results

        status = self.status.value

        used_bytes = self.used_bytes

        used_files = self.used_files

        user_id = self.user_id

        tenant = self.tenant

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "bytes": bytes_,
                "created_at": created_at,
                "created_by": created_by,
                "expires_at": expires_at,
                "gps": gps,
                "id": id,
                "images": images,
                "max_bytes": max_bytes,
                "max_files": max_files,
                "note": note,
                "reserved_bytes": reserved_bytes,
                "reserved_files": reserved_files,
                "revoked_at": revoked_at,
                "show_results": show_results,
                "status": status,
                "used_bytes": used_bytes,
                "used_files": used_files,
                "user_id": user_id,
            }
        )
        if tenant is not UNSET:
            field_dict["tenant"] = tenant

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        bytes_ = d.pop("bytes")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        created_by = d.pop("created_by")

        expires_at = datetime.datetime.fromisoformat(d.pop("expires_at"))

        def _parse_gps(data: object) -> GpsPolicy | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                gps_type_0 = GpsPolicy(data)

                return gps_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(GpsPolicy | None, data)

        gps = _parse_gps(d.pop("gps"))

        id = d.pop("id")

        images = d.pop("images")

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

        reserved_bytes = d.pop("reserved_bytes")

        reserved_files = d.pop("reserved_files")

        def _parse_revoked_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                revoked_at_type_0 = datetime.datetime.fromisoformat(data)

                return revoked_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        revoked_at = _parse_revoked_at(d.pop("revoked_at"))

        show_results = d.pop("show_results")

        status = LinkStatus(d.pop("status"))

        used_bytes = d.pop("used_bytes")

        used_files = d.pop("used_files")

        user_id = d.pop("user_id")

        tenant = d.pop("tenant", UNSET)

        upload_link = cls(
            bytes_=bytes_,
            created_at=created_at,
            created_by=created_by,
            expires_at=expires_at,
            gps=gps,
            id=id,
            images=images,
            max_bytes=max_bytes,
            max_files=max_files,
            note=note,
            reserved_bytes=reserved_bytes,
            reserved_files=reserved_files,
            revoked_at=revoked_at,
            show_results=show_results,
            status=status,
            used_bytes=used_bytes,
            used_files=used_files,
            user_id=user_id,
            tenant=tenant,
        )

        upload_link.additional_properties = d
        return upload_link

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
