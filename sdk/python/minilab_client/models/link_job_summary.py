from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.status import Status

if TYPE_CHECKING:
    from ..models.job_progress import JobProgress


T = TypeVar("T", bound="LinkJobSummary")


@_attrs_define
class LinkJobSummary:
    """A job that was uploaded through a link, in a list."""

    created_at: datetime.datetime
    """ When the object was created. """
    finished_at: datetime.datetime | None
    """ When it ended; null before. """
    id: str
    """ ID of the job. """
    operations: list[str]
    """ The operations, by name. """
    progress: JobProgress
    """ Numbers of operations: each operation counts once for each image. """
    status: Status
    """ Status of a job, an image or a cell. """
    version: int
    """ Grows with every change of the job. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        created_at = self.created_at.isoformat()

        finished_at: None | str
        if isinstance(self.finished_at, datetime.datetime):
            finished_at = self.finished_at.isoformat()
        else:
            finished_at = self.finished_at

        id = self.id

        operations = self.operations

        progress = self.progress.to_dict()

        status = self.status.value

        version = self.version

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "created_at": created_at,
                "finished_at": finished_at,
                "id": id,
                "operations": operations,
                "progress": progress,
                "status": status,
                "version": version,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.job_progress import JobProgress  # noqa: PLC0415

        d = dict(src_dict)
        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        def _parse_finished_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                finished_at_type_0 = datetime.datetime.fromisoformat(data)

                return finished_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        finished_at = _parse_finished_at(d.pop("finished_at"))

        id = d.pop("id")

        operations = cast(list[str], d.pop("operations"))

        progress = JobProgress.from_dict(d.pop("progress"))

        status = Status(d.pop("status"))

        version = d.pop("version")

        link_job_summary = cls(
            created_at=created_at,
            finished_at=finished_at,
            id=id,
            operations=operations,
            progress=progress,
            status=status,
            version=version,
        )

        link_job_summary.additional_properties = d
        return link_job_summary

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
