from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.status import Status
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.job_event_attributes import JobEventAttributes
    from ..models.job_progress import JobProgress


T = TypeVar("T", bound="JobEvent")


@_attrs_define
class JobEvent:
    """The data of a live event of a job.

    `job.changed` and `job.finished` carry the job without its items, `job.gone` an error code.

    """

    id: str
    """ ID of the job. """
    attributes: JobEventAttributes | Unset = UNSET
    """ Values of your own, by key. """
    code: str | Unset = UNSET
    """ Only in `job.gone`: the error code that the job answers from now on, `not_found` or `job_expired`. """
    external_id: str | Unset = UNSET
    """ ID of the job in your own system. Absent without one, as are tags and attributes; holders of an upload link
    see none of these. """
    finished_at: datetime.datetime | None | Unset = UNSET
    """ When the job ended; null while it is unfinished. Absent from `job.gone`. """
    progress: JobProgress | Unset = UNSET
    """ Numbers of operations: each operation counts once for each image. """
    status: Status | Unset = UNSET
    """ Status of a job, an image or a cell. """
    tags: list[str] | Unset = UNSET
    """ Words of your own. """
    version: int | Unset = UNSET
    """ Grows with every change of the job; also the `id` of the event. Absent from `job.gone`. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        attributes: dict[str, Any] | Unset = UNSET
        if not isinstance(self.attributes, Unset):
            attributes = self.attributes.to_dict()

        code = self.code

        external_id = self.external_id

        finished_at: None | str | Unset
        if isinstance(self.finished_at, Unset):
            finished_at = UNSET
        elif isinstance(self.finished_at, datetime.datetime):
            finished_at = self.finished_at.isoformat()
        else:
            finished_at = self.finished_at

        progress: dict[str, Any] | Unset = UNSET
        if not isinstance(self.progress, Unset):
            progress = self.progress.to_dict()

        status: str | Unset = UNSET
        if not isinstance(self.status, Unset):
            status = self.status.value

        tags: list[str] | Unset = UNSET
        if not isinstance(self.tags, Unset):
            tags = self.tags

        version = self.version

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
            }
        )
        if attributes is not UNSET:
            field_dict["attributes"] = attributes
        if code is not UNSET:
            field_dict["code"] = code
        if external_id is not UNSET:
            field_dict["external_id"] = external_id
        if finished_at is not UNSET:
            field_dict["finished_at"] = finished_at
        if progress is not UNSET:
            field_dict["progress"] = progress
        if status is not UNSET:
            field_dict["status"] = status
        if tags is not UNSET:
            field_dict["tags"] = tags
        if version is not UNSET:
            field_dict["version"] = version

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.job_event_attributes import JobEventAttributes  # noqa: PLC0415
        from ..models.job_progress import JobProgress  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        _attributes = d.pop("attributes", UNSET)
        attributes: JobEventAttributes | Unset
        if isinstance(_attributes, Unset):
            attributes = UNSET
        else:
            attributes = JobEventAttributes.from_dict(_attributes)

        code = d.pop("code", UNSET)

        external_id = d.pop("external_id", UNSET)

        def _parse_finished_at(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                finished_at_type_0 = datetime.datetime.fromisoformat(data)

                return finished_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        finished_at = _parse_finished_at(d.pop("finished_at", UNSET))

        _progress = d.pop("progress", UNSET)
        progress: JobProgress | Unset
        if isinstance(_progress, Unset):
            progress = UNSET
        else:
            progress = JobProgress.from_dict(_progress)

        _status = d.pop("status", UNSET)
        status: Status | Unset
        if isinstance(_status, Unset):
            status = UNSET
        else:
            status = Status(_status)

        tags = cast(list[str], d.pop("tags", UNSET))

        version = d.pop("version", UNSET)

        job_event = cls(
            id=id,
            attributes=attributes,
            code=code,
            external_id=external_id,
            finished_at=finished_at,
            progress=progress,
            status=status,
            tags=tags,
            version=version,
        )

        job_event.additional_properties = d
        return job_event

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
