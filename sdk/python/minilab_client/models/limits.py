from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Limits")


@_attrs_define
class Limits:
    """Limits of one request and of one file."""

    max_file_bytes: int
    """ Maximum size of a file. """
    max_filename_chars: int
    """ Longer file names are shortened. """
    max_files: int
    """ Maximum number of files in a request. """
    max_pixels: int
    """ Maximum width × height of an image. """
    max_request_bytes: int
    """ Maximum size of the body of a request. """
    max_seconds: float
    """ Maximum time for all operations on an image. """
    max_side_px: int
    """ Maximum width and maximum height of an image. """
    max_wait_seconds: int
    """ Maximum of `Prefer: wait`. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        max_file_bytes = self.max_file_bytes

        max_filename_chars = self.max_filename_chars

        max_files = self.max_files

        max_pixels = self.max_pixels

        max_request_bytes = self.max_request_bytes

        max_seconds = self.max_seconds

        max_side_px = self.max_side_px

        max_wait_seconds = self.max_wait_seconds

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "max_file_bytes": max_file_bytes,
                "max_filename_chars": max_filename_chars,
                "max_files": max_files,
                "max_pixels": max_pixels,
                "max_request_bytes": max_request_bytes,
                "max_seconds": max_seconds,
                "max_side_px": max_side_px,
                "max_wait_seconds": max_wait_seconds,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        max_file_bytes = d.pop("max_file_bytes")

        max_filename_chars = d.pop("max_filename_chars")

        max_files = d.pop("max_files")

        max_pixels = d.pop("max_pixels")

        max_request_bytes = d.pop("max_request_bytes")

        max_seconds = d.pop("max_seconds")

        max_side_px = d.pop("max_side_px")

        max_wait_seconds = d.pop("max_wait_seconds")

        limits = cls(
            max_file_bytes=max_file_bytes,
            max_filename_chars=max_filename_chars,
            max_files=max_files,
            max_pixels=max_pixels,
            max_request_bytes=max_request_bytes,
            max_seconds=max_seconds,
            max_side_px=max_side_px,
            max_wait_seconds=max_wait_seconds,
        )

        limits.additional_properties = d
        return limits

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
