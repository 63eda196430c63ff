from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.readiness_details import ReadinessDetails
    from ..models.readiness_parts import ReadinessParts


T = TypeVar("T", bound="Readiness")


@_attrs_define
class Readiness:
    """Whether the service can process uploads."""

    status: str
    """ `ready` or `not_ready`. """
    details: ReadinessDetails | Unset = UNSET
    """ The status of each required part, of `disk` and `backlog` (whether uploads are accepted), of `webhooks`
    (whether they are delivered), and of `bucket` (whether large files are accepted), if the service keeps large
    files in one. """
    parts: ReadinessParts | Unset = UNSET
    """ The required parts: MongoDB accepts writes, Redis answers, a worker is alive. This and the following are
    only shown to admin keys, or as the service is configured. """
    workers: int | Unset = UNSET
    """ The number of live workers. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        status = self.status

        details: dict[str, Any] | Unset = UNSET
        if not isinstance(self.details, Unset):
            details = self.details.to_dict()

        parts: dict[str, Any] | Unset = UNSET
        if not isinstance(self.parts, Unset):
            parts = self.parts.to_dict()

        workers = self.workers

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "status": status,
            }
        )
        if details is not UNSET:
            field_dict["details"] = details
        if parts is not UNSET:
            field_dict["parts"] = parts
        if workers is not UNSET:
            field_dict["workers"] = workers

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.readiness_details import ReadinessDetails  # noqa: PLC0415
        from ..models.readiness_parts import ReadinessParts  # noqa: PLC0415

        d = dict(src_dict)
        status = d.pop("status")

        _details = d.pop("details", UNSET)
        details: ReadinessDetails | Unset
        if isinstance(_details, Unset):
            details = UNSET
        else:
            details = ReadinessDetails.from_dict(_details)

        _parts = d.pop("parts", UNSET)
        parts: ReadinessParts | Unset
        if isinstance(_parts, Unset):
            parts = UNSET
        else:
            parts = ReadinessParts.from_dict(_parts)

        workers = d.pop("workers", UNSET)

        readiness = cls(
            status=status,
            details=details,
            parts=parts,
            workers=workers,
        )

        readiness.additional_properties = d
        return readiness

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
