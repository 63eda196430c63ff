from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="UploadLimitsOfKey")


@_attrs_define
class UploadLimitsOfKey:
    """Limits of a service key's uploads; null for that of the settings."""

    bytes_burst: int | None | Unset = UNSET
    """ Bytes at once; a single request may exceed it. """
    bytes_per_second: float | None | Unset = UNSET
    """ Sustained bytes; 0 for no limit. """
    files_burst: int | None | Unset = UNSET
    """ Files at once; a single request may exceed it. """
    files_per_second: float | None | Unset = UNSET
    """ Sustained files; 0 for no limit. """
    max_images_in_flight: int | None | Unset = UNSET
    """ Images that wait or are processed; 0 for no limit. """
    requests_burst: int | None | Unset = UNSET
    """ Uploads at once. """
    requests_per_second: float | None | Unset = UNSET
    """ Sustained uploads; 0 for no limit. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        bytes_burst: int | None | Unset
        if isinstance(self.bytes_burst, Unset):
            bytes_burst = UNSET
        else:
            bytes_burst = self.bytes_burst

        bytes_per_second: float | None | Unset
        if isinstance(self.bytes_per_second, Unset):
            bytes_per_second = UNSET
        else:
            bytes_per_second = self.bytes_per_second

        files_burst: int | None | Unset
        if isinstance(self.files_burst, Unset):
            files_burst = UNSET
        else:
            files_burst = self.files_burst

        files_per_second: float | None | Unset
        if isinstance(self.files_per_second, Unset):
            files_per_second = UNSET
        else:
            files_per_second = self.files_per_second

        max_images_in_flight: int | None | Unset
        if isinstance(self.max_images_in_flight, Unset):
            max_images_in_flight = UNSET
        else:
            max_images_in_flight = self.max_images_in_flight

        requests_burst: int | None | Unset
        if isinstance(self.requests_burst, Unset):
            requests_burst = UNSET
        else:
            requests_burst = self.requests_burst

        requests_per_second: float | None | Unset
        if isinstance(self.requests_per_second, Unset):
            requests_per_second = UNSET
        else:
            requests_per_second = self.requests_per_second

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if bytes_burst is not UNSET:
            field_dict["bytes_burst"] = bytes_burst
        if bytes_per_second is not UNSET:
            field_dict["bytes_per_second"] = bytes_per_second
        if files_burst is not UNSET:
            field_dict["files_burst"] = files_burst
        if files_per_second is not UNSET:
            field_dict["files_per_second"] = files_per_second
        if max_images_in_flight is not UNSET:
            field_dict["max_images_in_flight"] = max_images_in_flight
        if requests_burst is not UNSET:
            field_dict["requests_burst"] = requests_burst
        if requests_per_second is not UNSET:
            field_dict["requests_per_second"] = requests_per_second

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_bytes_burst(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        bytes_burst = _parse_bytes_burst(d.pop("bytes_burst", UNSET))

        def _parse_bytes_per_second(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        bytes_per_second = _parse_bytes_per_second(d.pop("bytes_per_second", UNSET))

        def _parse_files_burst(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        files_burst = _parse_files_burst(d.pop("files_burst", UNSET))

        def _parse_files_per_second(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        files_per_second = _parse_files_per_second(d.pop("files_per_second", UNSET))

        def _parse_max_images_in_flight(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        max_images_in_flight = _parse_max_images_in_flight(d.pop("max_images_in_flight", UNSET))

        def _parse_requests_burst(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        requests_burst = _parse_requests_burst(d.pop("requests_burst", UNSET))

        def _parse_requests_per_second(data: object) -> float | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(float | None | Unset, data)

        requests_per_second = _parse_requests_per_second(d.pop("requests_per_second", UNSET))

        upload_limits_of_key = cls(
            bytes_burst=bytes_burst,
            bytes_per_second=bytes_per_second,
            files_burst=files_burst,
            files_per_second=files_per_second,
            max_images_in_flight=max_images_in_flight,
            requests_burst=requests_burst,
            requests_per_second=requests_per_second,
        )

        upload_limits_of_key.additional_properties = d
        return upload_limits_of_key

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
