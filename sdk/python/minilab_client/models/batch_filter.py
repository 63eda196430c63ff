from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.image_format import ImageFormat
from ..models.status import Status
from ..types import UNSET, Unset

T = TypeVar("T", bound="BatchFilter")


@_attrs_define
class BatchFilter:
    """Selects images, as the parameters of `GET /v1/images` do; all fields must match.

    An empty filter selects all images.

    """

    attribute: list[str] | None | Unset = UNSET
    """ Only images with all of these attributes, each as `key:value`. """
    camera: None | str | Unset = UNSET
    """ Model of the camera, in full. """
    camera_make: None | str | Unset = UNSET
    """ Maker of the camera, in full. """
    day: datetime.date | None | Unset = UNSET
    """ Uploaded on this day, in `tz`. """
    external_id: None | str | Unset = UNSET
    """ Only images with this ID of your own system. """
    faces: bool | None | Unset = UNSET
    """ Whether faces were found. Skips images without face detection. """
    format_: ImageFormat | None | Unset = UNSET
    """ Format of the uploaded file. """
    link_id: None | str | Unset = UNSET
    """ Uploaded through this upload link. """
    min_faces: int | None | Unset = UNSET
    """ Least number of faces. """
    near: None | str | Unset = UNSET
    """ Taken within `radius_m` of this place: `latitude,longitude` in degrees. """
    older_than_days: int | None | Unset = UNSET
    """ Uploaded at least so many days before the request. """
    radius_m: float | Unset = 1000.0
    """ Radius around `near` in meters. """
    status: None | Status | Unset = UNSET
    """ Status of the image. """
    tag: list[str] | None | Unset = UNSET
    """ Only images with all of these tags. """
    taken_from: datetime.date | None | Unset = UNSET
    """ Taken on this day or later, by the clock of the camera. """
    taken_to: datetime.date | None | Unset = UNSET
    """ Taken on this day or earlier, by the clock of the camera. """
    tenant: None | str | Unset = UNSET
    """ Tenant of the users; without it, `user_id` names a user without a tenant. """
    tz: str | Unset = "UTC"
    """ IANA name of the time zone of the upload days. """
    uploaded_from: datetime.date | None | Unset = UNSET
    """ Uploaded on this day or later, in `tz`. """
    uploaded_to: datetime.date | None | Unset = UNSET
    """ Uploaded on this day or earlier, in `tz`. """
    user_id: None | str | Unset = UNSET
    """ Only images of this user. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        attribute: list[str] | None | Unset
        if isinstance(self.attribute, Unset):
            attribute = UNSET
        elif isinstance(self.attribute, list):
            attribute = self.attribute

        else:
            attribute = self.attribute

        camera: None | str | Unset
        if isinstance(self.camera, Unset):
            camera = UNSET
        else:
            camera = self.camera

        camera_make: None | str | Unset
        if isinstance(self.camera_make, Unset):
            camera_make = UNSET
        else:
            camera_make = self.camera_make

        day: None | str | Unset
        if isinstance(self.day, Unset):
            day = UNSET
        elif isinstance(self.day, datetime.date):
            day = self.day.isoformat()
        else:
            day = self.day

        external_id: None | str | Unset
        if isinstance(self.external_id, Unset):
            external_id = UNSET
        else:
            external_id = self.external_id

        faces: bool | None | Unset
        if isinstance(self.faces, Unset):
            faces = UNSET
        else:
            faces = self.faces

        format_: None | str | Unset
        if isinstance(self.format_, Unset):
            format_ = UNSET
        elif isinstance(self.format_, ImageFormat):
            format_ = self.format_.value
        else:
            format_ = self.format_

        link_id: None | str | Unset
        if isinstance(self.link_id, Unset):
            link_id = UNSET
        else:
            link_id = self.link_id

        min_faces: int | None | Unset
        if isinstance(self.min_faces, Unset):
            min_faces = UNSET
        else:
            min_faces = self.min_faces

        near: None | str | Unset
        if isinstance(self.near, Unset):
            near = UNSET
        else:
            near = self.near

        older_than_days: int | None | Unset
        if isinstance(self.older_than_days, Unset):
            older_than_days = UNSET
        else:
            older_than_days = self.older_than_days

        radius_m = self.radius_m

        status: None | str | Unset
        if isinstance(self.status, Unset):
            status = UNSET
        elif isinstance(self.status, Status):
            status = self.status.value
        else:
            status = self.status

        tag: list[str] | None | Unset
        if isinstance(self.tag, Unset):
            tag = UNSET
        elif isinstance(self.tag, list):
            tag = self.tag

        else:
            tag = self.tag

        taken_from: None | str | Unset
        if isinstance(self.taken_from, Unset):
            taken_from = UNSET
        elif isinstance(self.taken_from, datetime.date):
            taken_from = self.taken_from.isoformat()
        else:
            taken_from = self.taken_from

        taken_to: None | str | Unset
        if isinstance(self.taken_to, Unset):
            taken_to = UNSET
        elif isinstance(self.taken_to, datetime.date):
            taken_to = self.taken_to.isoformat()
        else:
            taken_to = self.taken_to

        tenant: None | str | Unset
        if isinstance(self.tenant, Unset):
            tenant = UNSET
        else:
            tenant = self.tenant

        tz = self.tz

        uploaded_from: None | str | Unset
        if isinstance(self.uploaded_from, Unset):
            uploaded_from = UNSET
        elif isinstance(self.uploaded_from, datetime.date):
            uploaded_from = self.uploaded_from.isoformat()
        else:
            uploaded_from = self.uploaded_from

        uploaded_to: None | str | Unset
        if isinstance(self.uploaded_to, Unset):
            uploaded_to = UNSET
        elif isinstance(self.uploaded_to, datetime.date):
            uploaded_to = self.uploaded_to.isoformat()
        else:
            uploaded_to = self.uploaded_to

        user_id: None | str | Unset
        if isinstance(self.user_id, Unset):
            user_id = UNSET
        else:
            user_id = self.user_id

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if attribute is not UNSET:
            field_dict["attribute"] = attribute
        if camera is not UNSET:
            field_dict["camera"] = camera
        if camera_make is not UNSET:
            field_dict["camera_make"] = camera_make
        if day is not UNSET:
            field_dict["day"] = day
        if external_id is not UNSET:
            field_dict["external_id"] = external_id
        if faces is not UNSET:
            field_dict["faces"] = faces
        if format_ is not UNSET:
            field_dict["format"] = format_
        if link_id is not UNSET:
            field_dict["link_id"] = link_id
        if min_faces is not UNSET:
            field_dict["min_faces"] = min_faces
        if near is not UNSET:
            field_dict["near"] = near
        if older_than_days is not UNSET:
            field_dict["older_than_days"] = older_than_days
        if radius_m is not UNSET:
            field_dict["radius_m"] = radius_m
        if status is not UNSET:
            field_dict["status"] = status
        if tag is not UNSET:
            field_dict["tag"] = tag
        if taken_from is not UNSET:
            field_dict["taken_from"] = taken_from
        if taken_to is not UNSET:
            field_dict["taken_to"] = taken_to
        if tenant is not UNSET:
            field_dict["tenant"] = tenant
        if tz is not UNSET:
            field_dict["tz"] = tz
        if uploaded_from is not UNSET:
            field_dict["uploaded_from"] = uploaded_from
        if uploaded_to is not UNSET:
            field_dict["uploaded_to"] = uploaded_to
        if user_id is not UNSET:
            field_dict["user_id"] = user_id

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_attribute(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                attribute_type_0 = cast(list[str], data)

                return attribute_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        attribute = _parse_attribute(d.pop("attribute", UNSET))

        def _parse_camera(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        camera = _parse_camera(d.pop("camera", UNSET))

        def _parse_camera_make(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        camera_make = _parse_camera_make(d.pop("camera_make", UNSET))

        def _parse_day(data: object) -> datetime.date | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                day_type_0 = datetime.date.fromisoformat(data)

                return day_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.date | None | Unset, data)

        day = _parse_day(d.pop("day", UNSET))

        def _parse_external_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        external_id = _parse_external_id(d.pop("external_id", UNSET))

        def _parse_faces(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        faces = _parse_faces(d.pop("faces", UNSET))

        def _parse_format_(data: object) -> ImageFormat | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                format_type_0 = ImageFormat(data)

                return format_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ImageFormat | None | Unset, data)

        format_ = _parse_format_(d.pop("format", UNSET))

        def _parse_link_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        link_id = _parse_link_id(d.pop("link_id", UNSET))

        def _parse_min_faces(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        min_faces = _parse_min_faces(d.pop("min_faces", UNSET))

        def _parse_near(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        near = _parse_near(d.pop("near", UNSET))

        def _parse_older_than_days(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        older_than_days = _parse_older_than_days(d.pop("older_than_days", UNSET))

        radius_m = d.pop("radius_m", UNSET)

        def _parse_status(data: object) -> None | Status | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                status_type_0 = Status(data)

                return status_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Status | Unset, data)

        status = _parse_status(d.pop("status", UNSET))

        def _parse_tag(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                tag_type_0 = cast(list[str], data)

                return tag_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        tag = _parse_tag(d.pop("tag", UNSET))

        def _parse_taken_from(data: object) -> datetime.date | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                taken_from_type_0 = datetime.date.fromisoformat(data)

                return taken_from_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.date | None | Unset, data)

        taken_from = _parse_taken_from(d.pop("taken_from", UNSET))

        def _parse_taken_to(data: object) -> datetime.date | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                taken_to_type_0 = datetime.date.fromisoformat(data)

                return taken_to_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.date | None | Unset, data)

        taken_to = _parse_taken_to(d.pop("taken_to", UNSET))

        def _parse_tenant(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        tenant = _parse_tenant(d.pop("tenant", UNSET))

        tz = d.pop("tz", UNSET)

        def _parse_uploaded_from(data: object) -> datetime.date | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                uploaded_from_type_0 = datetime.date.fromisoformat(data)

                return uploaded_from_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.date | None | Unset, data)

        uploaded_from = _parse_uploaded_from(d.pop("uploaded_from", UNSET))

        def _parse_uploaded_to(data: object) -> datetime.date | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                uploaded_to_type_0 = datetime.date.fromisoformat(data)

                return uploaded_to_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.date | None | Unset, data)

        uploaded_to = _parse_uploaded_to(d.pop("uploaded_to", UNSET))

        def _parse_user_id(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        user_id = _parse_user_id(d.pop("user_id", UNSET))

        batch_filter = cls(
            attribute=attribute,
            camera=camera,
            camera_make=camera_make,
            day=day,
            external_id=external_id,
            faces=faces,
            format_=format_,
            link_id=link_id,
            min_faces=min_faces,
            near=near,
            older_than_days=older_than_days,
            radius_m=radius_m,
            status=status,
            tag=tag,
            taken_from=taken_from,
            taken_to=taken_to,
            tenant=tenant,
            tz=tz,
            uploaded_from=uploaded_from,
            uploaded_to=uploaded_to,
            user_id=user_id,
        )

        batch_filter.additional_properties = d
        return batch_filter

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
