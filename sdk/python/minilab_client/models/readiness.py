from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.readiness_details import ReadinessDetails
    from ..models.readiness_parts import ReadinessParts


T = TypeVar("T", bound="Readiness")


@_attrs_define
class Readiness:
    """Whether the service can process uploads."""

    details: ReadinessDetails
    """ The status of each required part, of `disk` and `backlog` (whether uploads are accepted), and of `webhooks`
    (whether they are delivered). """
    parts: ReadinessParts
    """ The required parts: MongoDB accepts writes, Redis answers, a worker is alive. """
    status: str
    """ `ready` or `not_ready`. """
    workers: int
    """ The number of live workers. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        details = self.details.to_dict()

        parts = self.parts.to_dict()

        status = self.status

        workers = self.workers

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "details": details,
                "parts": parts,
                "status": status,
                "workers": workers,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.readiness_details import ReadinessDetails  # noqa: PLC0415
        from ..models.readiness_parts import ReadinessParts  # noqa: PLC0415

        d = dict(src_dict)
        details = ReadinessDetails.from_dict(d.pop("details"))

        parts = ReadinessParts.from_dict(d.pop("parts"))

        status = d.pop("status")

        workers = d.pop("workers")

        readiness = cls(
            details=details,
            parts=parts,
            status=status,
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
