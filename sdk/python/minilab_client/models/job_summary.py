from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.status import Status
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.job_progress import JobProgress
    from ..models.job_summary_attributes import JobSummaryAttributes


T = TypeVar("T", bound="JobSummary")


@_attrs_define
class JobSummary:
    """A job in a list."""

    attributes: JobSummaryAttributes
    """ Values of your own, by key. """
    created_at: datetime.datetime
    """ When the object was created. """
    external_id: None | str
    """ ID in your own system; not unique. """
    finished_at: datetime.datetime | None
    """ When it ended; null before. """
    id: str
    """ ID of the job. """
    operations: list[str]
    """ The requested operations, or only `delete_user` for a job that deletes a user. """
    progress: JobProgress
    """ Numbers of operations: each operation counts once for each image. """
    status: Status
    """ Status of a job, an image or a cell. """
    tags: list[str]
    """ Words of your own. """
    user_id: str
    """ ID of the user: 1 to 128 characters. """
    version: int
    """ Grows with every change of the job. """
    tenant: str | Unset = UNSET
    """ Tenant of the user; absent without one. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        attributes = self.attributes.to_dict()

        created_at = self.created_at.isoformat()

        external_id: None | str
        external_id = self.external_id

        finished_at: None | str
        if isinstance(self.finished_at, datetime.datetime):
            finished_at = self.finished_at.isoformat()
        else:
            finished_at = self.finished_at

        id = self.id

        operations = self.operations

        progress = self.progress.to_dict()

        status = self.status.value

        tags = self.tags

        user_id = self.user_id

        version = self.version

        tenant = self.tenant

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "attributes": attributes,
                "created_at": created_at,
                "external_id": external_id,
                "finished_at": finished_at,
                "id": id,
                "operations": operations,
                "progress": progress,
                "status": status,
                "tags": tags,
                "user_id": user_id,
                "version": version,
            }
        )
        if tenant is not UNSET:
            field_dict["tenant"] = tenant

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.job_progress import JobProgress  # noqa: PLC0415
        from ..models.job_summary_attributes import JobSummaryAttributes  # noqa: PLC0415

        d = dict(src_dict)
        attributes = JobSummaryAttributes.from_dict(d.pop("attributes"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        def _parse_external_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        external_id = _parse_external_id(d.pop("external_id"))

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

        tags = cast(list[str], d.pop("tags"))

        user_id = d.pop("user_id")

        version = d.pop("version")

        tenant = d.pop("tenant", UNSET)

        job_summary = cls(
            attributes=attributes,
            created_at=created_at,
            external_id=external_id,
            finished_at=finished_at,
            id=id,
            operations=operations,
            progress=progress,
            status=status,
            tags=tags,
            user_id=user_id,
            version=version,
            tenant=tenant,
        )

        job_summary.additional_properties = d
        return job_summary

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
