from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="ContentUrl")


@_attrs_define
class ContentUrl:
    """A URL of a picture that works without a key, as in `<img>`, until it expires."""

    expires_at: datetime.datetime
    """ When the URL stops working. It stops earlier if its key is revoked or expires. """
    url: str
    """ Address of the picture. It holds a secret token: do not log it. """
    variant: str
    """ `original`, `grayscale`, `thumbnail` or `faces`; of a size its width and format, as `w640-webp`, or `full-
    jpeg` with the width of the original. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        expires_at = self.expires_at.isoformat()

        url = self.url

        variant = self.variant

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "expires_at": expires_at,
                "url": url,
                "variant": variant,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        expires_at = datetime.datetime.fromisoformat(d.pop("expires_at"))

        url = d.pop("url")

        variant = d.pop("variant")

        content_url = cls(
            expires_at=expires_at,
            url=url,
            variant=variant,
        )

        content_url.additional_properties = d
        return content_url

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
